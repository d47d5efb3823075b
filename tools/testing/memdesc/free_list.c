// SPDX-License-Identifier: GPL-2.0
/*
 * Run the tests of mm/tests/free_list_kunit.c in userspace, more than once; and
 * what the kernel cannot do to itself:
 *   - corrupt a list in every way, and see that CONFIG_DEBUG_LIST reports it,
 *   - set HWPOISON while somebody else changes the lists.
 */
#include <pthread.h>

#define TEST_OPS	3000000
#include "../../../mm/tests/free_list_kunit.c"

bool memdesc_hwpoison_key;
unsigned int corruptions;

/* A list which is corrupt is reported once, and nothing is found in it. */
static void report_test(struct kunit *test)
{
	struct page *page = test_map + 4;
	struct frozen_list list;
	unsigned long word;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		model_init(test);
		corruptions = 0;
		test_add(1, 0, true);
		test_add(4, 0, true);
		test_add(6, 0, true);
		KUNIT_EXPECT_EQ(test, corruptions, 0);
		switch (i) {
		case 0:
			free_link_set_next(page, 2);
			break;
		case 1:
			free_link_set_prev(page, U16_MAX);
			break;
		case 2:
			free_link_clear(page);
			break;
		case 3:
			free_link_clear(test_map + 6);
			break;
		}
		del(4, 0);
		KUNIT_EXPECT_EQ(test, corruptions, 1);
		KUNIT_EXPECT_NULL(test, pb_first(list_head(1), 0));
		/* And again */
		add(4, 0, true);
		KUNIT_EXPECT_EQ(test, corruptions, 1);
		KUNIT_EXPECT_TRUE(test, pb_first(list_head(1), 0) == page);
		del(4, 0);
		KUNIT_EXPECT_EQ(test, corruptions, 1);
		/* Twice */
		del(4, 0);
		KUNIT_EXPECT_EQ(test, corruptions, 2);
		add(4, 0, true);
		add(4, 0, true);
		KUNIT_EXPECT_EQ(test, corruptions, 3);
		/* A neighbour that is no longer free */
		free_link_clear(page);
		add(5, 0, i & 1);
		KUNIT_EXPECT_EQ(test, corruptions, 4);
	}

	model_init(test);
	corruptions = 0;
	frozen_list_init(&list);
	frozen_list_add(&list, page);
	frozen_list_add(&list, test_map + 6);
	free_link_clear(page);
	frozen_list_pop(&list);
	KUNIT_EXPECT_EQ(test, corruptions, 1);
	KUNIT_EXPECT_TRUE(test, frozen_list_empty(&list));
	frozen_list_add(&list, page);
	free_link_clear(page);
	frozen_list_add_tail(&list, test_map + 7);
	KUNIT_EXPECT_EQ(test, corruptions, 2);
	/* A page that was allocated in the meantime is left alone. */
	word = memdesc_mk_misc(MEMDESC_MISC_VMALLOC, 0) | location(7);
	test_map[7].memdesc.v = word;
	KUNIT_EXPECT_TRUE(test, frozen_list_pop(&list) == test_map + 7);
	KUNIT_EXPECT_EQ(test, corruptions, 3);
	KUNIT_EXPECT_TRUE(test, test_map[7].memdesc.v == word);
	KUNIT_EXPECT_TRUE(test, frozen_list_empty(&list));
	corruptions = 0;
}

#define NR_RACING	4
static bool stop;
static unsigned long lost;

/* Nobody but this changes the poison, so it must stay. */
static void *poisoner(void *arg)
{
	unsigned int i, n = 0;

	while (!READ_ONCE(stop)) {
		memdesc_t *p = &test_map[n++ % NR_RACING].memdesc;

		memdesc_set_bits(p, MEMDESC_HWPOISON);
		for (i = 0; i < 100; i++) {
			if (READ_ONCE(p->v) & MEMDESC_HWPOISON)
				continue;
			lost++;
			break;
		}
		memdesc_clear_bits(p, MEMDESC_HWPOISON);
	}
	return NULL;
}

/* Few pages, so that both are often at the same one. */
static void race_test(struct kunit *test)
{
	struct frozen_list list;
	pthread_t thread;
	unsigned int n, i;

	memdesc_hwpoison_key = true;
	model_init(test);
	KUNIT_ASSERT_TRUE(test, !pthread_create(&thread, NULL, poisoner, NULL));
	for (n = 0; n < TEST_OPS; n++) {
		i = rnd(NR_RACING);
		if (model->order[i] < 0)
			test_add(i, 0, rnd(2));
		else if (rnd(3))
			test_rotate(i, rnd(2));
		else
			test_del(i);
	}
	while (model->nr_heads)
		test_del(model->heads[0]);
	frozen_list_init(&list);
	for (n = 0; n < TEST_OPS / NR_RACING; n++) {
		for (i = 0; i < NR_RACING; i++)
			frozen_list_add(&list, test_map + i);
		for (i = 0; i < NR_RACING; i++)
			KUNIT_ASSERT_PTR_EQ(test, frozen_list_pop_tail(&list),
					    test_map + i);
	}
	WRITE_ONCE(stop, true);
	pthread_join(thread, NULL);
	KUNIT_EXPECT_EQ(test, lost, 0);
	check_all(test);
	memdesc_hwpoison_key = false;
}

int main(int argc, char **argv)
{
	unsigned int i, runs = argc > 1 ? atoi(argv[1]) : 2;
	struct kunit test = {};
	struct kunit_case *c;

	if (free_list_init(&free_list_suite))
		return 1;
	printf("pageblock_order %u, struct page %zu bytes, struct pageblock %zu bytes\n",
	       pageblock_order, sizeof(struct page), sizeof(struct pageblock));
	for (i = 0; i < runs; i++) {
		/* Both ways to rewrite a word */
		memdesc_hwpoison_key = i & 1;
		for (c = free_list_cases; c->run; c++)
			c->run(&test);
		KUNIT_EXPECT_EQ(&test, corruptions, 0);
	}
	report_test(&test);
	race_test(&test);
	free_list_exit(&free_list_suite);
	printf("%s\n", test.failures ? "FAILED" : "ok");
	return test.failures != 0;
}
