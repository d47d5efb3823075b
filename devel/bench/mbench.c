// SPDX-License-Identifier: GPL-2.0
/*
 * What operations on pages cost inside the kernel, in instructions. Built out
 * of tree, the same source for base and ours. Loading it runs part= of it; the
 * results are in the kernel log.
 */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <asm/msr.h>

#define TSC()	rdtsc()
#define RESULT(name, value, min, max) \
	pr_info("perf:\tkernel: %s\t%llu\t%llu\t%llu\n", name, value, min, max)
#include "bench.h"

/* Short operations run without interrupts, so that all samples are the same. */
#define ATOMIC(name, SETUP, BODY, AFTER)					\
	BENCH(name, 128, SETUP, local_irq_save(flags), BODY, local_irq_restore(flags), AFTER)
#define TASK(name, n, SETUP, BODY, AFTER)					\
	BENCH(name, n, SETUP, , BODY, , AFTER)

/* The paths of GFP_KERNEL and of a page fault, but nothing that sleeps or reclaims. */
#define GFP		(GFP_KERNEL & ~__GFP_DIRECT_RECLAIM)
#define GFP_MOVE	((GFP_HIGHUSER_MOVABLE & ~__GFP_RECLAIM) | __GFP_NOWARN)
#define GFP_STAY	((GFP_KERNEL & ~__GFP_RECLAIM) | __GFP_NOWARN)

static char *part = "ops";
module_param(part, charp, 0);

#define NR	1024
static struct page *page[NR];
static void *object[NR];
static unsigned long flags;

static unsigned long seed;
static unsigned int prng(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> 16;
}

/* The address of a symbol that is not exported, with the help of a kprobe. */
static void *symbol(const char *name)
{
	static unsigned long (*lookup)(const char *name);
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };

	if (!lookup && !register_kprobe(&kp)) {
		lookup = (void *)kp.addr;
		unregister_kprobe(&kp);
	}
	return lookup ? (void *)lookup(name) : NULL;
}

static void take(int n, gfp_t gfp, unsigned int order)
{
	int i;

	for (i = 0; i < n; i++)
		page[i] = alloc_pages(gfp, order);
}

static void give(int n, unsigned int order)
{
	int i;

	for (i = 0; i < n; i++)
		if (page[i])
			__free_pages(page[i], order);
}

static void page_ops(void)
{
	static const int orders[] = { 0, 1, 3, 4, 8, 9 };
	char name[64];
	struct page *p;
	int i, n;

	/* Orders up to 3, and 9, come from the per-cpu lists */
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		snprintf(name, sizeof(name), "alloc_pages order %d, free", orders[i]);
		ATOMIC(name, , ({ p = alloc_pages(GFP, orders[i]); if (p) __free_pages(p, orders[i]); }), );
		if (!orders[i])
			continue;
		snprintf(name, sizeof(name), "alloc_pages order %d compound, free", orders[i]);
		ATOMIC(name, , ({ p = alloc_pages(GFP | __GFP_COMP, orders[i]); if (p) __free_pages(p, orders[i]); }), );
	}
	ATOMIC("alloc_pages order 0 for a memcg, free", ,
	       ({ p = alloc_pages(GFP | __GFP_ACCOUNT, 0); if (p) __free_pages(p, 0); }), );
	ATOMIC("256 x alloc_pages order 0, then 256 x free", , ({ take(256, GFP, 0); give(256, 0); }), );
	ATOMIC("1024 x alloc_pages order 0, then 1024 x free", , ({ take(1024, GFP, 0); give(1024, 0); }), );
	ATOMIC("alloc_pages_bulk of 64, then 64 x free", memset(page, 0, 64 * sizeof(*page)),
	       ({ alloc_pages_bulk(GFP, 64, page); give(64, 0); }), );
	ATOMIC("alloc_pages order 3, split_page, 8 x free", ,
	       ({ p = alloc_pages(GFP, 3); if (p) { split_page(p, 3); for (n = 0; n < 8; n++) __free_page(p + n); } }), );
}

/* Allocate and free blocks of a random mixture of orders none of which the per-cpu lists have. */
static void buddy_mix(int steps)
{
	static u8 order[512];
	int i;

	memset(page, 0, sizeof(page));
	seed = 20261115;
	for (; steps; steps--) {
		i = prng() % 512;
		if (page[i]) {
			__free_pages(page[i], order[i]);
			page[i] = NULL;
			continue;
		}
		order[i] = 4 + __ffs(prng() | BIT(5));
		if (order[i] == 9)
			order[i] = 10;
		page[i] = alloc_pages(GFP, order[i]);
	}
	for (i = 0; i < 512; i++)
		if (page[i])
			__free_pages(page[i], order[i]);
}

static void buddy_ops(void)
{
	void (*drain)(struct zone *zone) = symbol("drain_all_pages");
	int order;

	TASK("buddy lists: 4096 steps of orders 4 to 10", 8, , buddy_mix(4096), );
	if (drain)
		TASK("drain_all_pages with 512 pages on the lists", 16,
		     for (order = 3; order >= 0; order--) { take(128, GFP, order); give(128, order); },
		     drain(NULL), );
	else
		pr_info("perf: no drain_all_pages\n");
}

static void folio_ops(void)
{
	static const int orders[] = { 0, 2, 4, 9 };
	volatile unsigned long sink;
	struct folio *folio;
	struct page *p, *tail;
	char name[64];
	int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		snprintf(name, sizeof(name), "folio_alloc order %d, put", orders[i]);
		ATOMIC(name, , ({ folio = folio_alloc(GFP | __GFP_MOVABLE, orders[i]); if (folio) folio_put(folio); }), );
	}
	p = alloc_pages(GFP, 0);
	folio = folio_alloc(GFP, 4);
	if (p && folio) {
		tail = folio_page(folio, 5);
		ATOMIC("get_page, put_page", OPTIMIZER_HIDE_VAR(p), ({ get_page(p); put_page(p); }), );
		ATOMIC("folio_get, folio_put", OPTIMIZER_HIDE_VAR(folio), ({ folio_get(folio); folio_put(folio); }), );
#define LOOK(what) ATOMIC(#what, OPTIMIZER_HIDE_VAR(tail), sink = (unsigned long)(what), )
		LOOK(page_folio(tail));
		LOOK(page_to_nid(tail));
		LOOK(page_zone(tail));
		LOOK(page_count(tail));
		LOOK(PageSlab(tail));
	}
	if (p)
		__free_pages(p, 0);
	if (folio)
		folio_put(folio);
}

static void slab_ops(void)
{
	struct kmem_cache *cache = kmem_cache_create("perf", 128, 64, SLAB_HWCACHE_ALIGN, NULL);
	void *o;
	int i;

	if (!cache)
		return;
	ATOMIC("kmem_cache_alloc 128 B, free", , ({ o = kmem_cache_alloc(cache, GFP); if (o) kmem_cache_free(cache, o); }), );
	ATOMIC("1024 x kmem_cache_alloc 128 B, then 1024 x free", , ({
		for (i = 0; i < NR; i++) object[i] = kmem_cache_alloc(cache, GFP);
		for (i = 0; i < NR; i++) if (object[i]) kmem_cache_free(cache, object[i]);
		}), );
	ATOMIC("kmalloc 64 B, kfree", , ({ o = kmalloc(64, GFP); kfree(o); }), );
	ATOMIC("kmalloc 64 B for a memcg, kfree", , ({ o = kmalloc(64, GFP | __GFP_ACCOUNT); kfree(o); }), );
	ATOMIC("256 x kmalloc 4096 B, then 256 x kfree", , ({
		for (i = 0; i < 256; i++) object[i] = kmalloc(4096, GFP);
		for (i = 0; i < 256; i++) kfree(object[i]);
		}), );
	ATOMIC("kmalloc 16384 B, kfree", , ({ o = kmalloc(16384, GFP); kfree(o); }), );
	kmem_cache_destroy(cache);
}

static void vmalloc_ops(void)
{
	static const int pages[] = { 1, 16, 512 };
	char name[64];
	int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		snprintf(name, sizeof(name), "vmalloc of %d x 4 KiB, vfree", pages[i]);
		TASK(name, 64, , vfree(vmalloc(pages[i] * PAGE_SIZE)), );
	}
}

/*
 * All of memory is taken by movable pages; then of each four pageblocks one
 * loses nothing, one half of its pages, one three quarters and one an eighth.
 */
static struct page **filled;
static unsigned long nr_filled;

static void fill(void)
{
	for (nr_filled = 0; nr_filled < totalram_pages(); nr_filled++) {
		filled[nr_filled] = alloc_pages(GFP_MOVE, 0);
		if (!filled[nr_filled])
			break;
	}
}

static void thin_out(void)
{
	unsigned long i, pfn;
	bool hole;

	for (i = 0; i < nr_filled; i++) {
		pfn = page_to_pfn(filled[i]);
		switch (pfn / pageblock_nr_pages % 4) {
		case 0: hole = false; break;
		case 1: hole = pfn & 1; break;
		case 2: hole = pfn & 3; break;
		default: hole = (pfn & 7) == 7; break;
		}
		if (!hole)
			continue;
		__free_pages(filled[i], 0);
		filled[i] = NULL;
	}
}

static void empty(void)
{
	unsigned long i;

	for (i = 0; i < nr_filled; i++)
		if (filled[i])
			__free_pages(filled[i], 0);
}

/* Pages that cannot move want memory of which pages that can move have all the blocks. */
#define NR_STORM	8192
static struct page *storm_page[NR_STORM];

static void storm(void)
{
	int i;

	for (i = 0; i < NR_STORM; i++)
		storm_page[i] = alloc_pages(GFP_STAY, i % 64 ? 0 : 1);
}

static void calm(void)
{
	int i;

	for (i = 0; i < NR_STORM; i++)
		if (storm_page[i])
			__free_pages(storm_page[i], i % 64 ? 0 : 1);
}

static void steal_ops(void)
{
	filled = vmalloc_array(totalram_pages(), sizeof(*filled));
	if (!filled)
		return;
	TASK("pageblock steal: 8192 unmovable pages", 3, fill(); thin_out(), storm(), calm(); empty());
	vfree(filled);
}

static int __init mbench_init(void)
{
	ATOMIC("nothing", , , );
	overhead = typical(128);
	if (!strcmp(part, "ops")) {
		page_ops();
		folio_ops();
		slab_ops();
		vmalloc_ops();
		buddy_ops();
	} else if (!strcmp(part, "steal")) {
		steal_ops();
	}
	return 0;
}
module_init(mbench_init);

static void __exit mbench_exit(void)
{
}
module_exit(mbench_exit);

MODULE_DESCRIPTION("Instructions of page operations");
MODULE_LICENSE("GPL");
