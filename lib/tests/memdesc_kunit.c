// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the memdesc word: layouts, fields, reference count, and the
 * survival of HWPOISON.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/memdesc.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>

/*
 * Layouts of other configurations.  A field is defined by what the macros put
 * into a word, so that is what is compared; nothing here repeats the numbers.
 */
struct memdesc_layout {
	const char *name;
	unsigned int zones;	/* width of the zone */
	unsigned int nodes;	/* NODES_SHIFT */
	unsigned int ptr_shift;
};

static const struct memdesc_layout layouts[] = {
	{ "one node, one zone", 0, 0, 18 },
	{ "one node, two zones", 1, 0, 18 },
	{ "NODES_SHIFT 6", 2, 6, 18 },
	{ "NODES_SHIFT 6, ZONE_DEVICE", 3, 6, 18 },
	{ "NODES_SHIFT 9, ZONE_DEVICE", 3, 9, 18 },
	{ "NODES_SHIFT 10", 2, 10, 18 },
	{ "NODES_SHIFT 10, ZONE_DEVICE", 3, 10, 19 },
	{ "this kernel", ZONES_WIDTH, NODES_SHIFT, MEMDESC_PTR_SHIFT },
};

KUNIT_ARRAY_PARAM_DESC(memdesc_layout, layouts, name);

static unsigned long pattern(int i, unsigned long max)
{
	return i == 0 ? 0 : i == 1 ? max : max & 0x5555555555555555UL;
}

static void layout_test(struct kunit *test)
{
	const struct memdesc_layout *l = test->param_value;
	unsigned int zones = l->zones, nodes = l->nodes;
	unsigned long zmax = (1UL << zones) - 1, nmax = (1UL << nodes) - 1;
	unsigned long pmax = (1UL << (64 - l->ptr_shift)) - 1;
	unsigned long low = MEMDESC_TYPE_MASK | MEMDESC_HWPOISON |
			    MEMDESC_EXCLUSIVE;
	unsigned long zmask = __MEMDESC_ZONE_MASK(zones, nodes);
	unsigned long nmask = __MEMDESC_NODE_MASK(zones, nodes);
	int i;

	KUNIT_ASSERT_EQ(test, __MEMDESC_PTR_SHIFT(zones, nodes), l->ptr_shift);

	/* Every bit belongs to exactly one field. */
	KUNIT_EXPECT_EQ(test, low & zmask, 0UL);
	KUNIT_EXPECT_EQ(test, (low | zmask) & nmask, 0UL);
	KUNIT_EXPECT_EQ(test, low | zmask | nmask, (1UL << l->ptr_shift) - 1);

	/* The extremes reach neither their neighbours nor out of the field. */
	for (i = 0; i < 27; i++) {
		unsigned long zone = pattern(i % 3, zmax);
		unsigned long nid = pattern(i / 3 % 3, nmax);
		unsigned long ptr = pattern(i / 9, pmax) << MEMDESC_ALIGN_SHIFT;
		unsigned long v = low | __memdesc_put_zone(zone) |
				  __memdesc_put_node(nid, zones, nodes) |
				  __memdesc_put_ptr(ptr, zones, nodes);

		KUNIT_EXPECT_EQ(test, v & low, low);
		KUNIT_EXPECT_EQ(test, __memdesc_get_zone(v, zones), zone);
		KUNIT_EXPECT_EQ(test, __memdesc_get_node(v, zones, nodes), nid);
		KUNIT_EXPECT_EQ(test, __memdesc_get_ptr(v, zones, nodes), ptr);
	}
}

static void check_location(struct kunit *test, memdesc_t d)
{
	static const unsigned int zones[] = { 0, 1, MAX_NR_ZONES - 1 };
	static const unsigned int nids[] = {
		0, MAX_NUMNODES / 2, MAX_NUMNODES - 1
	};
	int i, j;

	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		unsigned int zone = min(zones[i], MAX_NR_ZONES - 1U);

		for (j = 0; j < ARRAY_SIZE(nids); j++) {
			memdesc_t e = memdesc_set_nid(memdesc_set_zonenum(d,
							zone), nids[j]);

			KUNIT_EXPECT_EQ(test, memdesc_to_zonenum(e), zone);
			KUNIT_EXPECT_EQ(test, memdesc_to_nid(e), nids[j]);
			KUNIT_EXPECT_EQ(test, e.v & ~MEMDESC_LOCATION_MASK,
					d.v & ~MEMDESC_LOCATION_MASK);
		}
	}
}

static void pointer_test(struct kunit *test)
{
	static const enum memdesc_types types[] = {
		MEMDESC_FOLIO, MEMDESC_SLAB, MEMDESC_PTDESC, MEMDESC_SCAMEM,
		MEMDESC_BUMP, MEMDESC_ZPDESC, MEMDESC_MANAGED,
	};
	unsigned long last = (1UL << MEMDESC_REACH_BITS) - MEMDESC_ALIGN;
	unsigned long offs[] = {
		0, MEMDESC_ALIGN, last / 3 & ~(MEMDESC_ALIGN - 1), last
	};
	int i, j, k;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (j = 0; j < ARRAY_SIZE(offs); j++) {
			void *desc = (void *)(MEMDESC_BASE + offs[j]);
			memdesc_t d = { memdesc_mk_ptr(types[i], desc) };

			KUNIT_EXPECT_EQ(test, d.v & (MEMDESC_KEEP |
						     MEMDESC_EXCLUSIVE), 0UL);
			check_location(test, d);
			for (k = 0; k < 4; k++) {
				memdesc_t e = d;

				e.v |= MEMDESC_LOCATION_MASK;
				if (k & 1)
					e.v |= MEMDESC_HWPOISON;
				if (k & 2)
					e.v |= MEMDESC_EXCLUSIVE;
				KUNIT_EXPECT_EQ(test, memdesc_type(e), types[i]);
				KUNIT_EXPECT_PTR_EQ(test, memdesc_ptr(e), desc);
				KUNIT_EXPECT_EQ(test, memdesc_hwpoison(e),
						(bool)(k & 1));
			}
		}
	}
}

static void misc_test(struct kunit *test)
{
	static const unsigned long flags[] = {
		MEMDESC_HEAD, MEMDESC_MISC_TAIL, MEMDESC_MISC_RESERVED,
		MEMDESC_MISC_PFMEMALLOC, MEMDESC_HWPOISON,
		MEMDESC_EXCLUSIVE,
	};
	unsigned long seen = 0;
	int misc, order, i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		KUNIT_EXPECT_EQ(test, hweight64(flags[i]), 1);
		KUNIT_EXPECT_EQ(test, seen & flags[i], 0UL);
		seen |= flags[i];
	}
	KUNIT_EXPECT_EQ(test, seen & (MEMDESC_ORDER_MASK | MEMDESC_MISC_MASK |
				      MEMDESC_LOCATION_MASK |
				      MEMDESC_TYPE_MASK), 0UL);
	KUNIT_EXPECT_LT(test, seen | MEMDESC_ORDER_MASK | MEMDESC_MISC_MASK,
			1UL << MEMDESC_REF_SHIFT);

	for (misc = 0; misc < MEMDESC_NR_MISC; misc++) {
		for (order = 0; order < 1 << MEMDESC_ORDER_BITS; order++) {
			memdesc_t d = { memdesc_mk_misc(misc, order) };

			KUNIT_EXPECT_EQ(test, d.v & seen, 0UL);
			KUNIT_EXPECT_EQ(test, memdesc_ref(d), 0);
			d.v |= seen | -1UL << MEMDESC_REF_SHIFT;
			KUNIT_EXPECT_EQ(test, memdesc_type(d), MEMDESC_MISC);
			KUNIT_EXPECT_EQ(test, memdesc_misc(d), misc);
			KUNIT_EXPECT_EQ(test, memdesc_order(d), order);
			KUNIT_EXPECT_FALSE(test, memdesc_is_buddy_head(d));
			check_location(test, d);
		}
	}
}

static void buddy_test(struct kunit *test)
{
	unsigned long flags = MEMDESC_BUDDY_REPORTED | MEMDESC_HWPOISON;
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		memdesc_t d = { memdesc_mk_buddy(order) };

		KUNIT_EXPECT_FALSE(test, memdesc_is_buddy_head(d));
		KUNIT_EXPECT_FALSE(test, memdesc_is_chain(d));
		check_location(test, d);

		d.v = memdesc_mk_head(order, 0, 0);
		KUNIT_EXPECT_EQ(test, d.v & flags, 0UL);
		KUNIT_EXPECT_EQ(test, d.v >> 32, 0UL);
		d.v = memdesc_mk_head(order, U16_MAX, 0x1234);
		KUNIT_EXPECT_EQ(test, d.v >> 32, 0x1234ffffUL);
		KUNIT_EXPECT_EQ(test, d.v & flags, 0UL);
		d.v |= flags;
		KUNIT_EXPECT_TRUE(test, memdesc_is_buddy_head(d));
		KUNIT_EXPECT_FALSE(test, memdesc_is_chain(d));
		KUNIT_EXPECT_EQ(test, memdesc_type(d), MEMDESC_BUDDY);
		KUNIT_EXPECT_EQ(test, memdesc_order(d), order);
		check_location(test, d);
	}
}

static void chain_test(struct kunit *test)
{
	static const unsigned long links[] = {
		0, 1, MEMDESC_CHAIN_END / 3, MEMDESC_CHAIN_END
	};
	unsigned int order;
	int i;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		for (i = 0; i < ARRAY_SIZE(links); i++) {
			memdesc_t d = { memdesc_mk_chain(order, links[i]) };

			d.v |= MEMDESC_HWPOISON;
			KUNIT_EXPECT_TRUE(test, memdesc_is_chain(d));
			KUNIT_EXPECT_FALSE(test, memdesc_is_buddy_head(d));
			KUNIT_EXPECT_EQ(test, memdesc_type(d), MEMDESC_BUDDY);
			KUNIT_EXPECT_EQ(test, memdesc_order(d), order);
			KUNIT_EXPECT_EQ(test, memdesc_chain(d), links[i]);
			check_location(test, d);
		}
	}
	/* Every page that the kernel can address can be in a chain. */
	KUNIT_EXPECT_GE(test, MEMDESC_CHAIN_END,
			BIT(MEMDESC_REACH_BITS - PAGE_SHIFT) - 1);
}

static void special_words_test(struct kunit *test)
{
	memdesc_t d = { 0 };

	/* A memmap of zeroes is harmless. */
	KUNIT_EXPECT_EQ(test, memdesc_type(d), MEMDESC_MISC);
	KUNIT_EXPECT_EQ(test, memdesc_misc(d), MEMDESC_MISC_NONE);
	KUNIT_EXPECT_EQ(test, memdesc_order(d), 0);
	KUNIT_EXPECT_FALSE(test, memdesc_ref_add_not_zero(&d, 1));
	KUNIT_EXPECT_EQ(test, d.v, 0UL);

	/* page_init_poison() */
	memset(&d, -1, sizeof(d));
	KUNIT_EXPECT_EQ(test, memdesc_type(d), MEMDESC_UNINIT);
	KUNIT_EXPECT_TRUE(test, memdesc_is_uninit(d));
	KUNIT_EXPECT_FALSE(test, memdesc_hwpoison(d));
	KUNIT_EXPECT_FALSE(test, memdesc_ref_add_not_zero(&d, 1));

	/* PAGE_UNUSED of arch/x86/mm/init_64.c */
	memset(&d, 0xfd, sizeof(d));
	KUNIT_EXPECT_EQ(test, memdesc_type(d), MEMDESC_UNUSED);
	KUNIT_EXPECT_FALSE(test, memdesc_ref_add_not_zero(&d, 1));
}

static void refcount_test(struct kunit *test)
{
	unsigned long low = memdesc_mk_misc(MEMDESC_NR_MISC - 1, 31) |
		MEMDESC_LOCATION_MASK | MEMDESC_HEAD | MEMDESC_MISC_RESERVED;
	memdesc_t d = { low };
	int type;

	KUNIT_EXPECT_FALSE(test, memdesc_ref_add_not_zero(&d, 1));
	KUNIT_EXPECT_EQ(test, d.v, low);

	d.v = low | 1UL << MEMDESC_REF_SHIFT;
	KUNIT_EXPECT_TRUE(test, memdesc_ref_add_not_zero(&d, 1));
	memdesc_ref_inc(&d);
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), 3);
	KUNIT_EXPECT_FALSE(test, memdesc_ref_sub_and_test(&d, 1));
	KUNIT_EXPECT_FALSE(test, memdesc_ref_sub_and_test(&d, 1));
	KUNIT_EXPECT_TRUE(test, memdesc_ref_sub_and_test(&d, 1));
	KUNIT_EXPECT_EQ(test, d.v, low);

	/* Too many references: saturate, and stay there. */
	d.v = low | (unsigned long)INT_MAX << MEMDESC_REF_SHIFT;
	memdesc_ref_inc(&d);
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);
	memdesc_ref_inc(&d);
	KUNIT_EXPECT_FALSE(test, memdesc_ref_sub_and_test(&d, 1));
	KUNIT_EXPECT_TRUE(test, memdesc_ref_add_not_zero(&d, 1));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);
	KUNIT_EXPECT_EQ(test, (u32)d.v, (u32)low);

	d.v = low | (unsigned long)INT_MAX << MEMDESC_REF_SHIFT;
	KUNIT_EXPECT_TRUE(test, memdesc_ref_add_not_zero(&d, 1));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);
	KUNIT_EXPECT_EQ(test, (u32)d.v, (u32)low);

	/* One put too many: saturate as well. */
	d.v = low;
	KUNIT_EXPECT_FALSE(test, memdesc_ref_sub_and_test(&d, 1));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);
	KUNIT_EXPECT_EQ(test, (u32)d.v, (u32)low);

	/* The upper half of words with a pointer is none of its business. */
	for (type = 0; type < MEMDESC_NR_TYPES; type++) {
		unsigned long v = (low & ~MEMDESC_TYPE_MASK) | type |
				  7UL << MEMDESC_REF_SHIFT;
		bool counted = type == MEMDESC_MISC;

		d.v = v;
		KUNIT_EXPECT_EQ(test, memdesc_ref_add_not_zero(&d, 3), counted);
		KUNIT_EXPECT_EQ(test, d.v,
				v + counted * (3UL << MEMDESC_REF_SHIFT));
	}
}

/* More than one reference at once, as drivers with fragments do. */
static void refcount_many_test(struct kunit *test)
{
	unsigned long low = memdesc_mk_misc(MEMDESC_NR_MISC - 1, 31) |
		MEMDESC_LOCATION_MASK | MEMDESC_HWPOISON;
	memdesc_t d = { low | BIT(MEMDESC_REF_SHIFT) };

	memdesc_ref_add(&d, INT_MAX - 1);
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), INT_MAX);
	KUNIT_EXPECT_FALSE(test, memdesc_ref_sub_and_test(&d, INT_MAX - 2));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), 2);
	KUNIT_EXPECT_TRUE(test, memdesc_ref_add_not_zero(&d, INT_MAX - 2));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), INT_MAX);
	KUNIT_EXPECT_TRUE(test, memdesc_ref_sub_and_test(&d, INT_MAX));
	KUNIT_EXPECT_FALSE(test, memdesc_ref_add_not_zero(&d, INT_MAX));
	KUNIT_EXPECT_EQ(test, d.v, low);

	/* Too many, in both ways to get them */
	d.v = low | 2UL << MEMDESC_REF_SHIFT;
	memdesc_ref_add(&d, INT_MAX - 1);
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);
	d.v = low | 2UL << MEMDESC_REF_SHIFT;
	KUNIT_EXPECT_TRUE(test, memdesc_ref_add_not_zero(&d, INT_MAX - 1));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);

	/* Not even that many make it a good count again. */
	memdesc_ref_add(&d, INT_MAX);
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);
	KUNIT_EXPECT_FALSE(test, memdesc_ref_sub_and_test(&d, INT_MAX));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);

	/* More puts than gets */
	d.v = low | 2UL << MEMDESC_REF_SHIFT;
	KUNIT_EXPECT_FALSE(test, memdesc_ref_sub_and_test(&d, 3));
	KUNIT_EXPECT_EQ(test, memdesc_ref(d), MEMDESC_REF_SATURATED);
	KUNIT_EXPECT_EQ(test, (u32)d.v, (u32)low);
}

/* What the words of real pages say, and page_count() of them */
static void page_count_test(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct folio *folio;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	if (memdesc_has_ref(page_memdesc(page)))
		KUNIT_EXPECT_EQ(test, memdesc_ref(page_memdesc(page)), 1);
	for (i = 1; i < 4; i++)
		KUNIT_EXPECT_FALSE(test, get_page_unless_zero(page + i));

	get_page(page);
	page_ref_add(page, 5);
	KUNIT_EXPECT_TRUE(test, get_page_unless_zero(page));
	KUNIT_EXPECT_EQ(test, page_count(page), 8);
	KUNIT_EXPECT_FALSE(test, page_ref_freeze(page, 7));
	KUNIT_EXPECT_TRUE(test, page_ref_freeze(page, 8));
	KUNIT_EXPECT_EQ(test, page_count(page), 0);
	KUNIT_EXPECT_FALSE(test, get_page_unless_zero(page));
	page_ref_unfreeze(page, 8);
	KUNIT_EXPECT_FALSE(test, page_ref_sub_and_test(page, 6));
	put_page(page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);

	split_page(page, 2);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, page_count(page + i), 1);
		put_page(page + i);
	}

	/* Tail pages have no count of their own. */
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);
	KUNIT_ASSERT_NOT_NULL(test, page);
	get_page(page + 1);
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	KUNIT_EXPECT_FALSE(test, get_page_unless_zero(page + 1));
	put_page(page + 1);
	put_page(page);

	folio = folio_alloc(GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	page = folio_page(folio, 0);
	KUNIT_EXPECT_EQ(test, memdesc_type(page_memdesc(page)), MEMDESC_FOLIO);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	get_page(page);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	KUNIT_EXPECT_TRUE(test, get_page_unless_zero(page));
	KUNIT_EXPECT_EQ(test, page_count(page), 3);
	folio_put_refs(folio, 3);
}

/*
 * Threads which rewrite words, count references, and poison, all on the same
 * words.  Nothing may get lost.
 */
#define RACE_WORDS	8
#define RACE_ROUNDS	50000

struct race {
	memdesc_t words[RACE_WORDS];
	atomic_t started;
	atomic_t sweeps;	/* over all words, by all threads */
};

static int race_rewrite(void *arg)
{
	struct race *race = arg;
	unsigned long i = 0;

	atomic_inc(&race->started);
	while (!kthread_should_stop()) {
		memdesc_t *p = &race->words[i++ % RACE_WORDS];
		void *desc = (void *)(MEMDESC_BASE + i * MEMDESC_ALIGN);
		unsigned long set = memdesc_mk_buddy(i % 11);

		if (i & 1)
			set = memdesc_mk_ptr(MEMDESC_FOLIO, desc);
		memdesc_replace(p, MEMDESC_KEEP, set);
		if (!(i % RACE_WORDS)) {
			atomic_inc(&race->sweeps);
			cond_resched();
		}
	}
	return 0;
}

static int race_exclusive(void *arg)
{
	struct race *race = arg;
	unsigned long i = 0;

	atomic_inc(&race->started);
	while (!kthread_should_stop()) {
		memdesc_t *p = &race->words[i++ % RACE_WORDS];

		memdesc_set_bits(p, MEMDESC_EXCLUSIVE);
		memdesc_clear_bits(p, MEMDESC_EXCLUSIVE);
		if (!(i % RACE_WORDS)) {
			atomic_inc(&race->sweeps);
			cond_resched();
		}
	}
	return 0;
}

static int race_refcount(void *arg)
{
	struct race *race = arg;
	memdesc_t *p = &race->words[0];
	unsigned long i = 0;
	int ret = 0;

	atomic_inc(&race->started);
	while (!kthread_should_stop()) {
		/* The test has a reference: this can neither fail nor end. */
		memdesc_ref_inc(p);
		if (!memdesc_ref_add_not_zero(p, 1))
			ret = -EINVAL;
		if (memdesc_ref_sub_and_test(p, 1) ||
		    memdesc_ref_sub_and_test(p, 1))
			ret = -EINVAL;
		if (!(++i % RACE_WORDS)) {
			atomic_inc(&race->sweeps);
			cond_resched();
		}
	}
	return ret;
}

/* The owner changes what it may, not knowing that there are references. */
static int race_store_low(void *arg)
{
	struct race *race = arg;
	unsigned long i = 0;

	atomic_inc(&race->started);
	while (!kthread_should_stop()) {
		memdesc_t *p = &race->words[i++ % RACE_WORDS];
		u32 low = READ_ONCE(p->v);

		memdesc_store_low(p, low ^ memdesc_mk_misc(1, 3));
		memdesc_store_low(p, low);
		if (!(i % RACE_WORDS)) {
			atomic_inc(&race->sweeps);
			cond_resched();
		}
	}
	return 0;
}

/* Start three threads, and wait until all of them are at it. */
static struct race *race_start(struct kunit *test, int (*const fn[3])(void *),
			       struct task_struct *tasks[3], unsigned long word)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, race);
	for (i = 0; i < RACE_WORDS; i++)
		race->words[i].v = word;
	for (i = 0; i < 3; i++) {
		tasks[i] = kthread_run(fn[i], race, "memdesc-race/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(tasks[i]));
	}
	while (atomic_read(&race->started) < 3)
		schedule_timeout_uninterruptible(1);
	return race;
}

/* A race takes two: the threads must have got somewhere as well. */
static bool race_goes_on(struct race *race, int round)
{
	return round < RACE_ROUNDS ||
		atomic_read(&race->sweeps) < RACE_ROUNDS;
}

static void hwpoison_race_test(struct kunit *test)
{
	int (*const fn[])(void *) = {
		race_rewrite, race_rewrite, race_exclusive
	};
	struct task_struct *tasks[3];
	unsigned long loc = MEMDESC_LOCATION_MASK;
	struct race *race = race_start(test, fn, tasks, loc);
	int i, round, lost = 0, moved = 0;

	for (round = 0; race_goes_on(race, round); round++) {
		for (i = 0; i < RACE_WORDS; i++)
			memdesc_set_bits(&race->words[i], MEMDESC_HWPOISON);
		cond_resched();
		for (i = 0; i < RACE_WORDS; i++) {
			unsigned long v = READ_ONCE(race->words[i].v);

			lost += !(v & MEMDESC_HWPOISON);
			moved += (v & loc) != loc;
			memdesc_clear_bits(&race->words[i], MEMDESC_HWPOISON);
		}
	}
	for (i = 0; i < 3; i++)
		kthread_stop(tasks[i]);
	KUNIT_EXPECT_EQ(test, lost, 0);
	KUNIT_EXPECT_EQ(test, moved, 0);
	/* What was cleared last has not come back. */
	for (i = 0; i < RACE_WORDS; i++)
		KUNIT_EXPECT_FALSE(test, memdesc_hwpoison(race->words[i]));
}

static void refcount_race_test(struct kunit *test)
{
	int (*const fn[])(void *) = {
		race_refcount, race_refcount, race_refcount
	};
	struct task_struct *tasks[3];
	unsigned long bits = MEMDESC_HWPOISON | MEMDESC_MISC_RESERVED;
	unsigned long word = memdesc_mk_misc(MEMDESC_MISC_VMALLOC, 5) |
		MEMDESC_LOCATION_MASK | BIT(MEMDESC_REF_SHIFT);
	struct race *race = race_start(test, fn, tasks, word);
	int i, round;

	for (round = 0; race_goes_on(race, round); round++) {
		memdesc_set_bits(&race->words[0], bits);
		memdesc_clear_bits(&race->words[0], bits);
		if (!(round % 64))
			cond_resched();
	}
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, kthread_stop(tasks[i]), 0);
	KUNIT_EXPECT_EQ(test, race->words[0].v, word);
}

/* Atomics on the upper half and on the whole, stores to the lower half */
static void refcount_low_race_test(struct kunit *test)
{
	int (*const fn[])(void *) = {
		race_refcount, race_refcount, race_store_low
	};
	struct task_struct *tasks[3];
	unsigned long word = memdesc_mk_misc(MEMDESC_MISC_VMALLOC, 5) |
		MEMDESC_LOCATION_MASK | BIT(MEMDESC_REF_SHIFT);
	struct race *race = race_start(test, fn, tasks, word);
	int i, round, lost = 0;

	for (round = 0; race_goes_on(race, round); round++) {
		for (i = 0; i < RACE_WORDS; i++) {
			memdesc_t d = { READ_ONCE(race->words[i].v) };

			/* At most two of each of the two threads */
			lost += memdesc_ref(d) < 1 || memdesc_ref(d) > 5;
		}
		cond_resched();
	}
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, kthread_stop(tasks[i]), 0);
	KUNIT_EXPECT_EQ(test, lost, 0);
	for (i = 0; i < RACE_WORDS; i++)
		KUNIT_EXPECT_EQ(test, race->words[i].v, word);
}

static struct kunit_case memdesc_cases[] = {
	KUNIT_CASE_PARAM(layout_test, memdesc_layout_gen_params),
	KUNIT_CASE(pointer_test),
	KUNIT_CASE(misc_test),
	KUNIT_CASE(buddy_test),
	KUNIT_CASE(chain_test),
	KUNIT_CASE(special_words_test),
	KUNIT_CASE(refcount_test),
	KUNIT_CASE(refcount_many_test),
	KUNIT_CASE(page_count_test),
	KUNIT_CASE(hwpoison_race_test),
	KUNIT_CASE(refcount_race_test),
	KUNIT_CASE(refcount_low_race_test),
	{}
};

static struct kunit_suite memdesc_suite = {
	.name = "memdesc",
	.test_cases = memdesc_cases,
};

kunit_test_suite(memdesc_suite);

MODULE_DESCRIPTION("KUnit tests of the memdesc word");
MODULE_LICENSE("GPL");
