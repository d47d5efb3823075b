// SPDX-License-Identifier: GPL-2.0
/*
 * Random tests of the lists of free pages against a model made of arrays.
 *
 * This is also compiled in userspace, see tools/testing/memdesc/free_list.c.
 * So it has a memmap of its own, whose last page has the largest page frame
 * number but one that fits into a link.
 */
#include <kunit/test.h>
#include <linux/memdesc.h>
#include <linux/mmzone.h>
#include <linux/vmalloc.h>

#define NR_BLOCKS	16
#define NR_PAGES	(NR_BLOCKS * pageblock_nr_pages)
#define NR_TYPES	3
#define FIRST_PFN	\
	(ALIGN_DOWN(MEMDESC_CHAIN_END, MAX_ORDER_NR_PAGES) - NR_PAGES)

static struct page *test_map;

#define free_pfn_to_page(pfn)	(test_map + ((pfn) - FIRST_PFN))
#define free_page_to_pfn(page)	(FIRST_PFN + ((page) - test_map))
#define free_pfn_valid(pfn)	test_pfn_valid(pfn)

static bool test_pfn_valid(unsigned long pfn)
{
	return pfn >= FIRST_PFN && pfn < FIRST_PFN + NR_PAGES;
}

#include "../free_list.h"

/* Userspace has more time. */
#ifndef TEST_OPS
#define TEST_OPS	200000
#endif

/* Whatever has an order, in the order which it should have */
struct seq {
	unsigned int nr;
	u16 v[pageblock_nr_pages + NR_BLOCKS];
};

/*
 * The lists and what should be in them.  A page is known by its index in the
 * memmap, and a pageblock by its number.
 */
struct model {
	struct list_head lists[NR_PAGE_ORDERS][NR_TYPES];
	struct pageblock blocks[NR_BLOCKS];

	/* Pageblocks in each list, and blocks in each pageblock */
	struct seq list_seq[NR_PAGE_ORDERS][NR_TYPES];
	struct seq block_seq[NR_BLOCKS][pageblock_order + 1];
	unsigned int type[NR_BLOCKS];
	/* Order of the block that begins here, or -1 */
	s8 order[NR_PAGES];
	bool reported[NR_PAGES];
	bool poisoned[NR_PAGES];
	/* All the first pages of blocks, and where each is in this array */
	unsigned int nr_heads;
	u16 heads[NR_PAGES];
	u16 where[NR_PAGES];
};

static struct model *model;
static u64 seed = 1;

static unsigned int rnd(unsigned int below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 32) % below;
}

static void seq_insert(struct seq *s, unsigned int pos, unsigned int val)
{
	memmove(s->v + pos + 1, s->v + pos, (s->nr - pos) * sizeof(s->v[0]));
	s->v[pos] = val;
	s->nr++;
}

static unsigned int seq_find(const struct seq *s, unsigned int val)
{
	unsigned int i = 0;

	while (i < s->nr && s->v[i] != val)
		i++;
	return i;
}

static void seq_remove(struct seq *s, unsigned int val)
{
	unsigned int pos = seq_find(s, val);

	s->nr--;
	memmove(s->v + pos, s->v + pos + 1, (s->nr - pos) * sizeof(s->v[0]));
}

/* Let @val be the first one. */
static void seq_rotate(struct seq *s, unsigned int val)
{
	while (s->v[0] != val) {
		unsigned int first = s->v[0];

		seq_remove(s, first);
		seq_insert(s, s->nr, first);
	}
}

static unsigned int slot(unsigned int order)
{
	return min(order, pageblock_order);
}

static struct seq *block_seq(unsigned int i)
{
	return &model->block_seq[i / pageblock_nr_pages][slot(model->order[i])];
}

static struct seq *list_seq(unsigned int i)
{
	unsigned int type = model->type[i / pageblock_nr_pages];

	return &model->list_seq[model->order[i]][type];
}

static struct list_head *list_head(unsigned int i)
{
	unsigned int type = model->type[i / pageblock_nr_pages];

	return &model->lists[model->order[i]][type];
}

static struct pageblock *block_of(unsigned int i)
{
	return &model->blocks[i / pageblock_nr_pages];
}

static unsigned int idx_of(unsigned int i)
{
	return i % pageblock_nr_pages;
}

static const char *bad_links(unsigned int i, unsigned int order)
{
	return pb_bad_links(block_of(i), test_map + i, idx_of(i), order);
}

static void add(unsigned int i, unsigned int order, bool tail)
{
	unsigned int type = model->type[i / pageblock_nr_pages];

	pb_add(block_of(i), test_map + i, idx_of(i), order,
	       &model->lists[order][type], tail);
}

static void del(unsigned int i, unsigned int order)
{
	pb_del(block_of(i), test_map + i, idx_of(i), order);
}

static struct page *next_of(unsigned int i, unsigned int order,
			    struct list_head *head, bool skip)
{
	return pb_next(block_of(i), test_map + i, idx_of(i), order, head, skip);
}

static struct page *prev_of(unsigned int i, unsigned int order,
			    struct list_head *head, bool skip)
{
	return pb_prev(block_of(i), test_map + i, idx_of(i), order, head, skip);
}

static unsigned long location(unsigned int i)
{
	return (i * 0x9e3779b97f4a7c15UL) & MEMDESC_LOCATION_MASK;
}

static void test_add(unsigned int i, unsigned int order, bool tail)
{
	unsigned int block = i / pageblock_nr_pages;
	struct seq *s;

	model->order[i] = order;
	add(i, order, tail);

	s = block_seq(i);
	if (!s->nr)
		seq_insert(list_seq(i), tail ? list_seq(i)->nr : 0, block);
	seq_insert(s, tail ? s->nr : 0, i % pageblock_nr_pages);
	model->where[i] = model->nr_heads;
	model->heads[model->nr_heads++] = i;
}

static void test_del(unsigned int i)
{
	unsigned int last = model->heads[--model->nr_heads];
	struct seq *s = block_seq(i);

	del(i, model->order[i]);

	seq_remove(s, i % pageblock_nr_pages);
	if (!s->nr)
		seq_remove(list_seq(i), i / pageblock_nr_pages);
	model->heads[model->where[i]] = last;
	model->where[last] = model->where[i];
	model->order[i] = -1;
	model->reported[i] = false;
}

/* As when the page allocator changes the migratetype of a pageblock */
static void test_move(struct kunit *test, unsigned int block, unsigned int type)
{
	unsigned int order, old = model->type[block];

	for (order = 0; order <= pageblock_order; order++) {
		struct seq *s = &model->block_seq[block][order];
		unsigned int real = order, nr;

		if (order == pageblock_order && s->nr)
			real = model->order[block * pageblock_nr_pages];
		nr = pb_move_tail(&model->blocks[block], order,
				  &model->lists[real][type]);
		KUNIT_ASSERT_TRUE(test, nr == s->nr);
		if (s->nr) {
			seq_remove(&model->list_seq[real][old], block);
			s = &model->list_seq[real][type];
			seq_insert(s, s->nr, block);
		}
	}
	model->type[block] = type;
}

static void test_swap(unsigned int i, unsigned int j)
{
	unsigned int a, b;
	struct seq *s;

	i -= i % pageblock_nr_pages;
	j -= j % pageblock_nr_pages;
	if (i == j || model->order[i] < (int)pageblock_order ||
	    model->order[i] != model->order[j] || list_seq(i) != list_seq(j))
		return;

	pb_swap(&model->blocks[i / pageblock_nr_pages],
		&model->blocks[j / pageblock_nr_pages]);
	s = list_seq(i);
	a = seq_find(s, i / pageblock_nr_pages);
	b = seq_find(s, j / pageblock_nr_pages);
	s->v[a] = j / pageblock_nr_pages;
	s->v[b] = i / pageblock_nr_pages;
}

static void test_rotate(unsigned int i, bool tail)
{
	unsigned int block = i / pageblock_nr_pages;
	struct seq *b = block_seq(i), *l = list_seq(i);

	/* The last one is the one before the first one. */
	if (tail) {
		unsigned int pos = seq_find(b, i % pageblock_nr_pages) + 1;

		pb_rotate_to_tail(block_of(i), test_map + i, idx_of(i),
				  model->order[i], list_head(i));
		seq_rotate(b, b->v[pos % b->nr]);
		pos = seq_find(l, block) + 1;
		seq_rotate(l, l->v[pos % l->nr]);
	} else {
		pb_rotate_to_front(block_of(i), test_map + i, idx_of(i),
				   model->order[i], list_head(i));
		seq_rotate(b, i % pageblock_nr_pages);
		seq_rotate(l, block);
	}
}

/* Go through all lists, both ways, and skipping or not. */
static void check_list(struct kunit *test, unsigned int order,
		       unsigned int type)
{
	struct list_head *head = &model->lists[order][type];
	const struct seq *l = &model->list_seq[order][type];
	struct page *page = pb_first(head, order);
	struct page *skip = page;
	int i, j;

	for (i = 0; i < l->nr; i++) {
		const struct seq *b = &model->block_seq[l->v[i]][slot(order)];
		unsigned int base = l->v[i] * pageblock_nr_pages;
		const struct pb_list *n;

		n = pb_list_of(&model->blocks[l->v[i]], order);
		KUNIT_ASSERT_TRUE(test, n->nr && n->nr == b->nr);
		KUNIT_ASSERT_PTR_EQ(test, skip, test_map + base + b->v[0]);
		skip = next_of(base + b->v[0], order, head, true);
		for (j = 0; j < b->nr; j++) {
			KUNIT_ASSERT_PTR_EQ(test, page,
					    test_map + base + b->v[j]);
			KUNIT_ASSERT_NULL(test, bad_links(base + b->v[j],
							  order));
			page = next_of(base + b->v[j], order, head, false);
		}
	}
	KUNIT_ASSERT_TRUE(test, !page && !skip);

	page = pb_last(head, order);
	skip = page;
	for (i = (int)l->nr - 1; i >= 0; i--) {
		const struct seq *b = &model->block_seq[l->v[i]][slot(order)];
		unsigned int base = l->v[i] * pageblock_nr_pages;

		KUNIT_ASSERT_PTR_EQ(test, skip,
				    test_map + base + b->v[b->nr - 1]);
		skip = prev_of(base + b->v[b->nr - 1], order, head, true);
		for (j = (int)b->nr - 1; j >= 0; j--) {
			KUNIT_ASSERT_PTR_EQ(test, page,
					    test_map + base + b->v[j]);
			page = prev_of(base + b->v[j], order, head, false);
		}
	}
	KUNIT_ASSERT_TRUE(test, !page && !skip);
}

static void check_word(struct kunit *test, unsigned int i)
{
	memdesc_t d = page_memdesc(test_map + i);

	KUNIT_ASSERT_TRUE(test, memdesc_type(d) == MEMDESC_BUDDY);
	KUNIT_ASSERT_TRUE(test, (d.v & MEMDESC_LOCATION_MASK) == location(i));
	KUNIT_ASSERT_TRUE(test, memdesc_hwpoison(d) == model->poisoned[i]);
	KUNIT_ASSERT_TRUE(test, memdesc_is_buddy_head(d) ==
				(model->order[i] >= 0));
	if (model->order[i] < 0) {
		KUNIT_ASSERT_TRUE(test, !(d.v & ~(MEMDESC_KEEP |
						  MEMDESC_TYPE_MASK)));
		return;
	}
	KUNIT_ASSERT_TRUE(test, memdesc_order(d) == model->order[i]);
	KUNIT_ASSERT_TRUE(test, !!(d.v & MEMDESC_BUDDY_REPORTED) ==
				model->reported[i]);
	KUNIT_ASSERT_TRUE(test, !memdesc_is_chain(d));
}

static void check_nr_pages(struct kunit *test, unsigned int block)
{
	unsigned int order, nr = 0;

	for (order = 0; order <= pageblock_order; order++)
		nr += model->block_seq[block][order].nr << order;
	KUNIT_ASSERT_TRUE(test, pb_nr_pages(&model->blocks[block]) == nr);
}

static void check_all(struct kunit *test)
{
	unsigned int i, order, type;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		for (type = 0; type < NR_TYPES; type++)
			check_list(test, order, type);
	}
	for (i = 0; i < NR_BLOCKS; i++)
		check_nr_pages(test, i);
	for (i = 0; i < NR_PAGES; i++)
		check_word(test, i);
}

static void poison(unsigned int i)
{
	model->poisoned[i] = !model->poisoned[i];
	if (model->poisoned[i])
		memdesc_set_bits(&test_map[i].memdesc, MEMDESC_HWPOISON);
	else
		memdesc_clear_bits(&test_map[i].memdesc, MEMDESC_HWPOISON);
}

static void random_add(unsigned int order)
{
	unsigned int i = ALIGN_DOWN(rnd(NR_PAGES), 1U << order);
	unsigned int first = i - i % pageblock_nr_pages;

	/* One large block at most begins in a pageblock. */
	if (model->order[i] < 0 && (order < pageblock_order ||
				    model->order[first] < (int)pageblock_order))
		test_add(i, order, rnd(2));
}

static void random_op(struct kunit *test, unsigned int fill)
{
	unsigned int op = rnd(100), i = rnd(NR_PAGES), h;

	if (op < fill) {
		random_add(rnd(2) ? rnd(3) : rnd(NR_PAGE_ORDERS));
		return;
	}
	if (op >= 97) {
		poison(i);
		return;
	}
	if (op >= 94) {
		test_move(test, rnd(NR_BLOCKS), rnd(NR_TYPES));
		return;
	}
	if (!model->nr_heads)
		return;

	h = model->heads[rnd(model->nr_heads)];
	if (op >= 91) {
		memdesc_set_bits(&test_map[h].memdesc, MEMDESC_BUDDY_REPORTED);
		model->reported[h] = true;
	} else if (op >= 88) {
		test_rotate(h, rnd(2));
	} else if (op >= 85) {
		test_swap(i, h);
	} else {
		test_del(h);
	}
}

static void model_init(struct kunit *test)
{
	unsigned int i, order, type;

	vfree(model);
	model = vzalloc(sizeof(*model));
	KUNIT_ASSERT_NOT_NULL(test, model);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		for (type = 0; type < NR_TYPES; type++)
			INIT_LIST_HEAD(&model->lists[order][type]);
	}
	for (i = 0; i < NR_BLOCKS; i++) {
		model->blocks[i].pfn = FIRST_PFN + i * pageblock_nr_pages;
		model->type[i] = i % NR_TYPES;
	}
	for (i = 0; i < NR_PAGES; i++) {
		test_map[i].memdesc.v = memdesc_mk_buddy(0) | location(i);
		model->order[i] = -1;
	}
}

static void buddy_lists_test(struct kunit *test)
{
	unsigned long n;

	model_init(test);
	for (n = 0; n < TEST_OPS; n++) {
		/* Let them become full, and empty again. */
		random_op(test, n / (TEST_OPS / 20) % 2 ? 30 : 60);
		if (n % 4096 == 0) {
			check_all(test);
			cond_resched();
		}
	}
	while (model->nr_heads)
		test_del(model->heads[rnd(model->nr_heads)]);
	check_all(test);
}

/* Every way to break a link is noticed from both sides. */
static void buddy_corruption_test(struct kunit *test)
{
	static const unsigned int idx[] = { 1, 4, 6 };
	int i, j;

	for (i = 0; i < ARRAY_SIZE(idx); i++) {
		for (j = 0; j < 6; j++) {
			struct page *page = test_map + idx[i];
			int k, bad = 0;

			model_init(test);
			for (k = 0; k < ARRAY_SIZE(idx); k++)
				test_add(idx[k], 0, true);
			switch (j) {
			case 0:
				free_link_set_next(page, 2);
				break;
			case 1:
				free_link_set_prev(page, 2);
				break;
			case 2:
				free_link_set_next(page, idx[(i + 2) % 3]);
				break;
			case 3:
				free_link_set_prev(page, U16_MAX);
				break;
			case 4:
				free_link_clear(page);
				break;
			case 5:
				free_link_set_head(page, 1, 0, 0);
				break;
			}
			for (k = 0; k < ARRAY_SIZE(idx); k++)
				bad += !!bad_links(idx[k], 0);
			/* The links of the ends which are not used may lie. */
			if ((j == 0 || j == 2) && i == 2)
				KUNIT_EXPECT_EQ(test, bad, 0);
			else if ((j == 1 || j == 3) && i == 0)
				KUNIT_EXPECT_EQ(test, bad, 0);
			else
				KUNIT_EXPECT_GE(test, bad, 2);
		}
	}

	/* Not in this list, or not in any. */
	model_init(test);
	KUNIT_EXPECT_NOT_NULL(test, bad_links(1, 0));
	test_add(1, 0, true);
	KUNIT_EXPECT_NULL(test, bad_links(1, 0));
	KUNIT_EXPECT_NOT_NULL(test, bad_links(1, 1));
	model->blocks[0].lists[0].nr = 0;
	KUNIT_EXPECT_NOT_NULL(test, bad_links(1, 0));
	model->blocks[0].lists[0].nr = 1;
	model->blocks[0].lists[0].last = 2;
	KUNIT_EXPECT_NOT_NULL(test, bad_links(1, 0));
}

#define NR_FROZEN	4

/* A list with room for everything on both sides */
struct frozen_model {
	unsigned int first, last;
	u16 v[2 * NR_PAGES];
};

static void check_frozen(struct kunit *test, const struct frozen_list *list,
			 const struct frozen_model *m)
{
	unsigned long link, prev = FREE_LINK_END, pfn = list->first;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, frozen_list_empty(list) ==
				(m->first == m->last));
	for (i = m->first; i < m->last; i++) {
		memdesc_t d;

		KUNIT_ASSERT_TRUE(test, pfn == FIRST_PFN + m->v[i]);
		d = page_memdesc(free_pfn_to_page(pfn));
		KUNIT_ASSERT_TRUE(test, memdesc_is_chain(d));
		KUNIT_ASSERT_TRUE(test, (d.v & MEMDESC_LOCATION_MASK) ==
					location(m->v[i]));
		KUNIT_ASSERT_TRUE(test, memdesc_hwpoison(d) ==
					model->poisoned[m->v[i]]);
		link = free_link_chain(free_pfn_to_page(pfn)) ^ prev;
		prev = pfn;
		pfn = link;
	}
	KUNIT_ASSERT_TRUE(test, pfn == FREE_LINK_END);
	KUNIT_ASSERT_TRUE(test, prev == list->last);
}

static void frozen_lists_test(struct kunit *test)
{
	struct frozen_list lists[NR_FROZEN];
	struct frozen_model *models;
	unsigned long n;
	unsigned int i;

	models = vzalloc(array_size(NR_FROZEN, sizeof(*models)));
	KUNIT_ASSERT_NOT_NULL(test, models);
	model_init(test);
	for (i = 0; i < NR_FROZEN; i++) {
		frozen_list_init(&lists[i]);
		models[i].first = NR_PAGES;
		models[i].last = NR_PAGES;
	}

	for (n = 0; n < TEST_OPS; n++) {
		bool add = rnd(100) < (n / (TEST_OPS / 20) % 2 ? 40 : 60);
		bool tail = rnd(2);
		struct frozen_list *list;
		struct frozen_model *m;
		struct page *page;

		i = rnd(NR_FROZEN);
		list = &lists[i];
		m = &models[i];
		i = rnd(NR_PAGES);
		if (rnd(64) == 0) {
			poison(i);
		} else if (add) {
			/* This says here that it is in one of the lists. */
			if (model->order[i] >= 0 || m->first == 0 ||
			    m->last == ARRAY_SIZE(m->v))
				continue;
			model->order[i] = 0;
			if (tail) {
				frozen_list_add_tail(list, test_map + i);
				m->v[m->last++] = i;
			} else {
				frozen_list_add(list, test_map + i);
				m->v[--m->first] = i;
			}
		} else if (m->first != m->last) {
			if (tail) {
				page = frozen_list_pop_tail(list);
				i = m->v[--m->last];
			} else {
				page = frozen_list_pop(list);
				i = m->v[m->first++];
			}
			model->order[i] = -1;
			KUNIT_ASSERT_PTR_EQ(test, page, test_map + i);
			check_word(test, i);
		}
		if (n % 4096)
			continue;
		cond_resched();
		for (i = 0; i < NR_FROZEN; i++)
			check_frozen(test, &lists[i], &models[i]);
	}
	vfree(models);
}

static void frozen_corruption_test(struct kunit *test)
{
	struct frozen_list list;
	int i;

	for (i = 0; i < 6; i++) {
		struct page *page = test_map + 3;
		const char *bad;

		model_init(test);
		frozen_list_init(&list);
		frozen_list_add(&list, test_map + 5);
		if (i < 5)
			frozen_list_add(&list, test_map + 4);
		frozen_list_add(&list, page);
		bad = frozen_bad_link(list.first, list.last);
		KUNIT_EXPECT_NULL(test, bad);
		bad = frozen_bad_link(list.last, list.first);
		KUNIT_EXPECT_NULL(test, bad);

		switch (i) {
		case 0:
			free_link_set_chain(page, 0, 0);
			break;
		case 1:
			free_link_clear(page);
			break;
		case 2:
			free_link_set_head(page, 0, 0, 0);
			break;
		case 3:
			free_link_clear(test_map + 4);
			break;
		case 4:
			free_link_xor_chain(page, free_link_chain(page));
			break;
		case 5:
			/* Nothing after it, but it is not the last one. */
			free_link_set_chain(page, 0, 0);
			break;
		}
		bad = frozen_bad_link(list.first, list.last);
		KUNIT_EXPECT_NOT_NULL(test, bad);
	}
}

/* With CONFIG_DEBUG_LIST these checks are made; a broken list is given up. */
static void list_debugging_test(struct kunit *test)
{
	const int warnings = IS_ENABLED(CONFIG_DEBUG_LIST);
	struct frozen_list list;

	if (IS_ENABLED(CONFIG_BUG_ON_DATA_CORRUPTION))
		kunit_skip(test, "corruption is a BUG() in this kernel");

	model_init(test);
	add(1, 0, true);
	add(4, 0, true);
	add(6, 0, true);
	free_link_set_next(test_map + 4, 2);
	kunit_warning_suppress(test) {
		del(4, 0);
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, warnings);
	}
	if (warnings)
		KUNIT_EXPECT_EQ(test, model->blocks[0].lists[0].nr, 0);

	model_init(test);
	add(1, 0, true);
	if (warnings) {
		kunit_warning_suppress(test) {
			add(1, 0, true);
			KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
		}
		KUNIT_EXPECT_EQ(test, model->blocks[0].lists[0].nr, 1);
		KUNIT_EXPECT_NULL(test, bad_links(1, 0));
	}

	frozen_list_init(&list);
	frozen_list_add(&list, test_map + 5);
	frozen_list_add(&list, test_map + 4);
	free_link_clear(test_map + 5);
	if (warnings) {
		kunit_warning_suppress(test) {
			KUNIT_EXPECT_PTR_EQ(test, frozen_list_pop(&list),
					    test_map + 4);
			KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
		}
		KUNIT_EXPECT_TRUE(test, frozen_list_empty(&list));
	}
}

static void trylock_lists_test(struct kunit *test)
{
	struct trylock_list list = {};
	struct page *next, *page;
	unsigned int n, i, order;

	model_init(test);
	next = trylock_list_del_all(&list);
	KUNIT_EXPECT_NULL(test, trylock_list_pop(&next, &order));

	for (n = 0; n < 20; n++) {
		KUNIT_EXPECT_TRUE(test, trylock_list_empty(&list));
		for (i = 0; i < n; i++) {
			page = test_map + ((i * 37 + n) % NR_PAGES);
			trylock_list_push(&list, page, i % NR_PAGE_ORDERS);
			KUNIT_EXPECT_FALSE(test, trylock_list_empty(&list));
		}
		next = trylock_list_del_all(&list);
		KUNIT_EXPECT_TRUE(test, trylock_list_empty(&list));
		while (i--) {
			page = trylock_list_pop(&next, &order);
			KUNIT_ASSERT_PTR_EQ(test, page, test_map +
					    ((i * 37 + n) % NR_PAGES));
			KUNIT_EXPECT_EQ(test, order, i % NR_PAGE_ORDERS);
		}
		KUNIT_EXPECT_NULL(test, trylock_list_pop(&next, &order));
	}
	for (i = 0; i < NR_PAGES; i++)
		check_word(test, i);
}

static int free_list_init(struct kunit_suite *suite)
{
	test_map = vzalloc(array_size(NR_PAGES, sizeof(*test_map)));
	return test_map ? 0 : -ENOMEM;
}

static void free_list_exit(struct kunit_suite *suite)
{
	vfree(test_map);
	vfree(model);
	model = NULL;
}

static struct kunit_case free_list_cases[] = {
	KUNIT_CASE(buddy_lists_test),
	KUNIT_CASE(buddy_corruption_test),
	KUNIT_CASE(frozen_lists_test),
	KUNIT_CASE(frozen_corruption_test),
	KUNIT_CASE(list_debugging_test),
	KUNIT_CASE(trylock_lists_test),
	{}
};

static struct kunit_suite free_list_suite = {
	.name = "free_list",
	.suite_init = free_list_init,
	.suite_exit = free_list_exit,
	.test_cases = free_list_cases,
};

kunit_test_suite(free_list_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the lists of free pages");
MODULE_LICENSE("GPL");
