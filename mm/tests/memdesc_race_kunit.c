// SPDX-License-Identifier: GPL-2.0
/*
 * Threads which go from a page to its descriptor, knowing nothing but the pfn,
 * while other threads free pages and descriptors and use them again.
 *
 * All such lookups read the word, read or change something in the descriptor,
 * and look at the word again.  Each test runs twice: with the function that the
 * kernel uses, which must never be wrong; and with the same steps but the last
 * one.  How often the latter is wrong is in the log, and says how much it means
 * that the former is not: if the second look is taken out of the kernel, the
 * first run fails as often.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#ifdef CONFIG_PAGE_POOL
#include <net/page_pool/helpers.h>
#endif

#include "../internal.h"
#include "../memdesc.h"
#include "../page_alloc.h"
#include "../slab.h"
#include "../zpdesc.h"

static unsigned int race_ms = 2000;
module_param(race_ms, uint, 0644);
MODULE_PARM_DESC(race_ms, "How long to look for a race, per type, twice");

#define NR_OWNERS	2
#define NR_LOOKERS	3
#define NR_SLOTS	16

struct race_owner;

/* All of one type that owners do: take something, publish it, give it back. */
struct race_type {
	const char *name;
	int (*init)(struct race_owner *owner);
	bool (*round)(struct race_owner *owner, unsigned int i);
	void (*exit)(struct race_owner *owner);
	/* 1: found, 0: there was nothing, -1: what was found is wrong */
	int (*look)(struct page *page, bool again);
};

struct race_owner {
	struct race *race;
	unsigned int nr;
	/* For the type */
	struct page_pool *pool;
	struct page *pages[2];
};

struct race {
	const struct race_type *type;
	bool again;
	struct race_owner owners[NR_OWNERS];
	/* These are never cleared: the pages may be anybody's by now. */
	struct page *slots[NR_SLOTS];
	atomic_long_t rounds;
	atomic_long_t found;
	atomic_long_t wrong;
};

static void publish(struct race_owner *owner, unsigned int i, struct page *page)
{
	WRITE_ONCE(owner->race->slots[(i * NR_OWNERS + owner->nr) % NR_SLOTS],
		   page);
}

/*
 * Folios.  The same memory is one folio now and four then, so the folio that was
 * found may be there, but without the page.
 */
static bool folio_round(struct race_owner *owner, unsigned int i)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;
	struct page *page;
	unsigned int j;

	if (i % 2) {
		struct folio *folio = folio_alloc(gfp, 2);

		if (!folio)
			return false;
		publish(owner, i, folio_page(folio, i / 2 % 4));
		folio_put(folio);
	} else {
		page = alloc_pages(gfp, 2);
		if (!page)
			return false;
		split_page(page, 2);
		for (j = 0; j < 4; j++) {
			if (page_ref_freeze(page + j, 1))
				page_rmappable_folio(page + j, 0);
			/* else somebody looks at it, and it is no folio */
		}
		publish(owner, i, page + i / 2 % 4);
		for (j = 0; j < 4; j++)
			put_page(page + j);
	}
	/* They do not merge on the lists of the CPU. */
	migrate_disable();
	drain_local_pages(NULL);
	migrate_enable();
	return true;
}

static int folio_look(struct page *page, bool again)
{
	struct folio *folio;
	bool wrong;

	if (again) {
		folio = page_get_folio(page);
	} else {
		guard(rcu)();
		folio = page_folio(page);
		if (folio && !folio_try_get(folio))
			folio = NULL;
	}
	if (!folio)
		return 0;
	wrong = page_folio(page) != folio ||
		folio_page_idx(folio, page) >= folio_nr_pages(folio);
	folio_put(folio);
	return wrong ? -1 : 1;
}

/* Whatever has a reference count in the descriptor */
static int counted_look(struct page *page, bool again)
{
	const struct memdesc_info *info;
	memdesc_t d, e;

	if (again) {
		if (!memdesc_try_get(page, 1))
			return 0;
		/* As there is a reference, this must be what it was. */
		d = page_memdesc(page);
		if (!memdesc_is_counted(d))
			return -1;	/* and who knows what has one more now */
		info = memdesc_type_info(memdesc_type(d));
		if (atomic_read(memdesc_refcount(d)) <= 0 ||
		    (!info->scattered && !PageCompound(page) &&
		     *(struct page **)(memdesc_ptr(d) + info->page) != page))
			return -1;
		put_page(page);
		return 1;
	}

	guard(rcu)();
	d = page_memdesc(page);
	if (!memdesc_is_counted(d) ||
	    !atomic_add_unless(memdesc_refcount(d), 1, 0))
		return 0;
	e = page_memdesc(page);
	if (!((d.v ^ e.v) & ~(MEMDESC_KEEP | MEMDESC_EXCLUSIVE))) {
		put_page(page);
		return 1;
	}
	/* Give it back to whom it belongs. */
	if (atomic_dec_and_test(memdesc_refcount(d)))
		memdesc_type_info(memdesc_type(d))->free(memdesc_ptr(d));
	return -1;
}

#if IS_ENABLED(CONFIG_ZSMALLOC)
static bool zpdesc_round(struct race_owner *owner, unsigned int i)
{
	struct zpdesc *zpdesc = zpdesc_alloc_noprof(GFP_KERNEL, NUMA_NO_NODE);

	if (!zpdesc)
		return false;
	publish(owner, i, zpdesc_page(zpdesc));
	zpdesc_put(zpdesc);
	return true;
}
#endif

static bool scamem_round(struct race_owner *owner, unsigned int i)
{
	void *p = vmalloc_user(2 * PAGE_SIZE);

	if (!p)
		return false;
	publish(owner, i, vmalloc_to_page(p + i % 2 * PAGE_SIZE));
	vfree(p);
	return true;
}

#ifdef CONFIG_PAGE_POOL
static int bump_init(struct race_owner *owner)
{
	struct page_pool_params params = {
		.pool_size = 64,
		.nid = NUMA_NO_NODE,
	};

	owner->pool = page_pool_create(&params);
	return PTR_ERR_OR_ZERO(owner->pool);
}

static bool bump_round(struct race_owner *owner, unsigned int i)
{
	struct page *page = page_pool_alloc_pages(owner->pool, GFP_KERNEL);

	if (!page)
		return false;
	publish(owner, i, page);
	/* A page with two references is given up, not recycled. */
	get_page(page);
	page_pool_put_full_page(owner->pool, page, false);
	put_page(page);
	return true;
}

static void bump_exit(struct race_owner *owner)
{
	page_pool_destroy(owner->pool);
}
#endif

/*
 * Without a reference count nothing keeps the descriptor, so what was read from
 * it is thrown away if the word has changed.  To know what is right the test
 * attaches its own descriptors, to pages of which each has one value for ever.
 *
 * If a thread is stopped twice, and in between the descriptor was given to
 * another page and back, the second look does not help.  That has not been seen.
 */
static struct kmem_cache *race_cache;
static struct kmem_cache *race_slabs[2];

#ifdef CONFIG_MEMCG
static int pages_init(struct race_owner *owner)
{
	int i;

	for (i = 0; i < 2; i++) {
		owner->pages[i] = alloc_frozen_pages(GFP_KERNEL, 0);
		if (!owner->pages[i]) {
			if (i)
				free_frozen_pages(owner->pages[0], 0);
			return -ENOMEM;
		}
	}
	return 0;
}

static void pages_exit(struct race_owner *owner)
{
	free_frozen_pages(owner->pages[0], 0);
	free_frozen_pages(owner->pages[1], 0);
}

/* OBJEXTS: nobody takes it for a pointer. */
static unsigned long page_value(const struct page *page)
{
	return page_to_pfn(page) << 8 | MEMCG_DATA_OBJEXTS;
}

static bool ptdesc_round(struct race_owner *owner, unsigned int i)
{
	struct page *page = owner->pages[i % 2];
	struct ptdesc *pt = kmem_cache_alloc(race_cache, GFP_KERNEL);

	if (!pt)
		return false;
	publish(owner, i, page);
	pt->pt_flags.f = page_memdesc(page).v & MEMDESC_LOCATION_MASK;
	WRITE_ONCE(pt->pt_memcg_data, page_value(page));
	memdesc_attach_desc(page, 0, MEMDESC_PTDESC, pt);
	memdesc_detach_desc(page, 0);
	kmem_cache_free(race_cache, pt);
	return true;
}

static int ptdesc_look(struct page *page, bool again)
{
	const struct ptdesc *pt;
	unsigned long data = 0;

	rcu_read_lock();
	if (again) {
		data = page_memcg_data_racy(page);
	} else {
		pt = page_ptdesc(page);
		if (pt)
			data = READ_ONCE(pt->pt_memcg_data);
	}
	rcu_read_unlock();
	if (!data)
		return 0;
	return data == page_value(page) ? 1 : -1;
}
#endif

#ifdef CONFIG_BPF_SYSCALL
struct kmem_cache *bpf_get_kmem_cache(u64 addr);

static struct kmem_cache *page_cache_of(const struct page *page)
{
	return race_slabs[page_to_pfn(page) % 2];
}

/* Two caches, and pages which belong to one or the other by their pfn */
static int slab_init(struct race_owner *owner)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct page *page = alloc_frozen_pages(GFP_KERNEL, 1);

		if (!page)
			goto fail;
		/* The first one of these, or the second */
		owner->pages[i] = page + i;
	}
	return 0;
fail:
	if (i)
		free_frozen_pages(owner->pages[0], 1);
	return -ENOMEM;
}

static void slab_exit(struct race_owner *owner)
{
	free_frozen_pages(owner->pages[0], 1);
	free_frozen_pages(owner->pages[1] - 1, 1);
}

static bool slab_round(struct race_owner *owner, unsigned int i)
{
	struct page *page = owner->pages[i % 2];
	struct slab *slab = kmem_cache_alloc(race_cache, GFP_KERNEL);

	if (!slab)
		return false;
	publish(owner, i, page);
	WRITE_ONCE(slab->slab_cache, page_cache_of(page));
	slab_attach(slab, page, 0);
	slab_detach(slab);
	kmem_cache_free(race_cache, slab);
	return true;
}

static int slab_look(struct page *page, bool again)
{
	struct kmem_cache *s = NULL;
	const struct slab *slab;

	if (again) {
		s = bpf_get_kmem_cache((unsigned long)page_address(page));
	} else {
		guard(rcu)();
		slab = page_slab(page);
		if (slab)
			s = READ_ONCE(slab->slab_cache);
	}
	if (!s)
		return 0;
	return s == page_cache_of(page) ? 1 : -1;
}
#endif

static const struct race_type types[] = {
	{
		.name = "folio",
		.round = folio_round,
		.look = folio_look,
	},
	{
		.name = "scamem",
		.round = scamem_round,
		.look = counted_look,
	},
#ifdef CONFIG_MEMCG
	{
		.name = "ptdesc",
		.init = pages_init,
		.round = ptdesc_round,
		.exit = pages_exit,
		.look = ptdesc_look,
	},
#endif
#ifdef CONFIG_BPF_SYSCALL
	{
		.name = "slab",
		.init = slab_init,
		.round = slab_round,
		.exit = slab_exit,
		.look = slab_look,
	},
#endif
#ifdef CONFIG_PAGE_POOL
	{
		.name = "bump",
		.init = bump_init,
		.round = bump_round,
		.exit = bump_exit,
		.look = counted_look,
	},
#endif
#if IS_ENABLED(CONFIG_ZSMALLOC)
	{
		.name = "zpdesc",
		.round = zpdesc_round,
		.look = counted_look,
	},
#endif
};

KUNIT_ARRAY_PARAM_DESC(race_type, types, name);

static int race_own(void *arg)
{
	struct race_owner *owner = arg;
	struct race *race = owner->race;
	unsigned int i = 0;

	while (!kthread_should_stop()) {
		if (race->type->round(owner, i++))
			atomic_long_inc(&race->rounds);
		if (!(i % 64))
			cond_resched();
	}
	return 0;
}

static int race_look(void *arg)
{
	struct race *race = arg;
	unsigned int i = 0;

	while (!kthread_should_stop()) {
		struct page *page = READ_ONCE(race->slots[i % NR_SLOTS]);

		if (page) {
			switch (race->type->look(page, race->again)) {
			case 1:
				atomic_long_inc(&race->found);
				break;
			case -1:
				atomic_long_inc(&race->wrong);
				break;
			}
		}
		if (!(++i % 256))
			cond_resched();
	}
	return 0;
}

/* Returns how often it was wrong, -1 if it could not be run. */
static long race_run(struct kunit *test, const struct race_type *type, bool again)
{
	struct task_struct *tasks[NR_OWNERS + NR_LOOKERS];
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	int nr = 0, owners, i;
	long wrong = -1;

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->type = type;
	race->again = again;
	for (owners = 0; owners < NR_OWNERS; owners++) {
		struct race_owner *owner = &race->owners[owners];

		owner->race = race;
		owner->nr = owners;
		if (type->init && type->init(owner))
			goto out;
	}
	for (i = 0; i < NR_OWNERS + NR_LOOKERS; i++) {
		if (i < NR_OWNERS)
			tasks[i] = kthread_run(race_own, &race->owners[i],
					       "race-own/%d", i);
		else
			tasks[i] = kthread_run(race_look, race, "race-look/%d",
					       i - NR_OWNERS);
		if (IS_ERR(tasks[i]))
			goto out;
		nr++;
	}

	/* Where the scheduler puts them they may not meet at first. */
	for (i = 0; i < 10 && !atomic_long_read(&race->found); i++)
		msleep(race_ms);
	wrong = 0;
out:
	while (nr--)
		kthread_stop(tasks[nr]);
	/* Now nobody looks at these pages any more. */
	while (owners--) {
		if (type->exit)
			type->exit(&race->owners[owners]);
	}
	if (wrong)
		return wrong;

	wrong = atomic_long_read(&race->wrong);
	kunit_info(test, "%s, %s second look: %ld rounds, %ld found, %ld wrong\n",
		   type->name, again ? "with" : "without",
		   atomic_long_read(&race->rounds),
		   atomic_long_read(&race->found), wrong);
	KUNIT_EXPECT_GT(test, atomic_long_read(&race->rounds), 0);
	/* There is only one moment to find something with a single CPU. */
	if (num_online_cpus() > 1)
		KUNIT_EXPECT_GT(test, atomic_long_read(&race->found), 0);
	return wrong;
}

static void lookup_race_test(struct kunit *test)
{
	const struct race_type *type = test->param_value;

	KUNIT_EXPECT_EQ(test, race_run(test, type, true), 0);
	KUNIT_EXPECT_GE(test, race_run(test, type, false), 0);
}

static void race_suite_exit(struct kunit_suite *suite)
{
	kmem_cache_destroy(race_slabs[1]);
	kmem_cache_destroy(race_slabs[0]);
	kmem_cache_destroy(race_cache);
}

static int race_suite_init(struct kunit_suite *suite)
{
	struct kmem_cache_args args = {
		.align = MEMDESC_ALIGN,
	};
	unsigned int size = max(sizeof(struct ptdesc), sizeof(struct slab));

	race_cache = kmem_cache_create("memdesc_race", size, &args,
				       SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE);
	race_slabs[0] = kmem_cache_create("memdesc_race_0", 64, NULL,
					  SLAB_NO_MERGE);
	race_slabs[1] = kmem_cache_create("memdesc_race_1", 64, NULL,
					  SLAB_NO_MERGE);
	if (race_cache && race_slabs[0] && race_slabs[1])
		return 0;
	race_suite_exit(suite);
	return -ENOMEM;
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE_PARAM_ATTR(lookup_race_test, race_type_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite race_suite = {
	.name = "memdesc_race",
	.suite_init = race_suite_init,
	.suite_exit = race_suite_exit,
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);

MODULE_DESCRIPTION("Looking up descriptors while they are freed and reused");
MODULE_LICENSE("GPL");
