// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of struct bump: how long pages keep it, and looking it up while
 * they are freed and allocated again.
 */
#include <kunit/test.h>
#include <linux/bump.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <net/page_pool/helpers.h>

static struct page_pool *create_pool(struct kunit *test, unsigned int order)
{
	struct page_pool_params params = {
		.order = order,
		.pool_size = 64,
		.nid = NUMA_NO_NODE,
	};
	struct page_pool *pool = page_pool_create(&params);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pool));
	return pool;
}

/* While the page_pool has it, nothing changes. */
static void recycle_test(struct kunit *test)
{
	struct page_pool *pool = create_pool(test, 0);
	struct page *page = page_pool_alloc_pages(pool, GFP_KERNEL);
	unsigned long word;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, page_bump(page));
	word = page_memdesc(page).v;
	KUNIT_EXPECT_PTR_EQ(test, page_bump(page)->page, page);
	KUNIT_EXPECT_PTR_EQ(test, page_bump(page)->nm.pp, pool);
	KUNIT_EXPECT_TRUE(test, page_pool_page_is_pp(page));
	KUNIT_EXPECT_NULL(test, page_folio(page));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);

	/* Into the ring, where it stays. */
	page_pool_put_full_page(pool, page, false);
	KUNIT_EXPECT_EQ(test, page_memdesc(page).v, word);
	KUNIT_EXPECT_TRUE(test, page_pool_page_is_pp(page));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	page_pool_destroy(pool);
}

/* Somebody else has a reference, through any page, and keeps it. */
static void outlive_test(struct kunit *test)
{
	struct page_pool *pool = create_pool(test, 2);
	struct page *page = page_pool_alloc_pages(pool, GFP_KERNEL);
	struct bump *bump;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	bump = page_bump(page);
	KUNIT_ASSERT_NOT_NULL(test, bump);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_PTR_EQ(test, page_bump(page + i), bump);

	get_page(page + 3);
	KUNIT_EXPECT_TRUE(test, get_page_unless_zero(page + 1));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 3);

	page_pool_put_full_page(pool, page, false);
	page_pool_destroy(pool);
	KUNIT_EXPECT_FALSE(test, page_pool_page_is_pp(page));
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_PTR_EQ(test, page_bump(page + i), bump);
		KUNIT_EXPECT_EQ(test, page_ref_count(page + i), 2);
	}
	put_page(page + 2);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

/*
 * Threads which take references by nothing but the address of a page that is
 * freed again and again.  What they get must be a reference to that page.
 */
#define RACE_ROUNDS	50000

struct bump_race {
	struct page *page;
	atomic_t started;
	atomic_t looks;
};

static int race_lookup(void *arg)
{
	struct bump_race *race = arg;
	unsigned int i = 0;
	int ret = 0;

	atomic_inc(&race->started);
	while (!kthread_should_stop()) {
		struct page *page = READ_ONCE(race->page);

		if (page && memdesc_try_get(page, 1)) {
			const struct bump *bump = page_bump(page);

			if (bump && bump->page == page &&
			    atomic_read(&bump->_refcount) > 0)
				put_page(page);
			else
				ret = -EINVAL;	/* whoever's it is */
		}
		if (!(++i % 64)) {
			atomic_inc(&race->looks);
			cond_resched();
		}
	}
	return ret;
}

static void lookup_race_test(struct kunit *test)
{
	struct page_pool *pool = create_pool(test, 0);
	struct task_struct *tasks[2];
	struct bump_race *race;
	int i;

	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	for (i = 0; i < ARRAY_SIZE(tasks); i++) {
		tasks[i] = kthread_run(race_lookup, race, "bump-race/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(tasks[i]));
	}
	while (atomic_read(&race->started) < ARRAY_SIZE(tasks))
		schedule_timeout_uninterruptible(1);

	for (i = 0; i < RACE_ROUNDS || atomic_read(&race->looks) < 1000; i++) {
		struct page *page = page_pool_alloc_pages(pool, GFP_KERNEL);

		if (!page)
			break;
		WRITE_ONCE(race->page, page);
		/* A page with two references is given up, not recycled. */
		get_page(page);
		page_pool_put_full_page(pool, page, false);
		put_page(page);
		if (!(i % 64))
			cond_resched();
	}

	KUNIT_EXPECT_GE(test, i, RACE_ROUNDS);
	for (i = 0; i < ARRAY_SIZE(tasks); i++)
		KUNIT_EXPECT_EQ(test, kthread_stop(tasks[i]), 0);
	page_pool_destroy(pool);
}

static struct kunit_case bump_cases[] = {
	KUNIT_CASE(recycle_test),
	KUNIT_CASE(outlive_test),
	KUNIT_CASE(lookup_race_test),
	{}
};

static struct kunit_suite bump_suite = {
	.name = "bump",
	.test_cases = bump_cases,
};

kunit_test_suite(bump_suite);

MODULE_DESCRIPTION("KUnit tests of struct bump");
MODULE_LICENSE("GPL");
