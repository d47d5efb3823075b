// SPDX-License-Identifier: GPL-2.0
/*
 * The descriptors of memory which page_pools hand out.
 *
 * Pages get one when a page_pool allocates them, and lose it with their last
 * reference.  Nothing here is called for a page which is recycled.
 */
#include <linux/bump.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/slab.h>

#include "internal.h"
#include "page_alloc.h"

static struct kmem_cache *bump_cache __ro_after_init;

static int __init bump_init(void)
{
	struct kmem_cache_args args = {
		.align = MEMDESC_ALIGN,
		/* Lockless readers may look at everything else. */
		.use_freeptr_offset = true,
		.freeptr_offset = offsetof(struct bump, __free),
	};

	bump_cache = kmem_cache_create("bump", sizeof(struct bump), &args,
				       SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE |
				       SLAB_PANIC);
	return 0;
}
core_initcall(bump_init);

static bool bump_attach(struct bump *bump, struct page *page,
			unsigned int order)
{
	/* The reference moves.  Somebody may just have taken another one. */
	if (unlikely(!page_ref_freeze(page, 1)))
		return false;

	/* Zero is what it was left with, unless the memory is new */
	atomic_set(&bump->_refcount, 0);
	bump->order = order;
	bump->pfmemalloc = page_is_pfmemalloc(page);	/* not yet BUMP */
	memset(&bump->nm, 0, sizeof(bump->nm));
	memdesc_attach_desc(page, order, MEMDESC_BUMP, bump);

	/* Now those who follow the word may take references. */
	atomic_set_release(&bump->_refcount, 1);
	return true;
}

/**
 * bump_attach_pages() - Give pages a bump each.
 * @pages: The first pages of the allocations.
 * @descs: Room for @nr pointers.  Left with nothing of use.
 * @nr: How many allocations there are in @pages.
 * @order: The order of each.
 * @gfp: What they were allocated with.
 *
 * Pages for which there is no bump are freed.
 *
 * Context: As for allocating memory with @gfp.  The caller has the only
 *    reference to the pages, and it moves to the bump.
 * Return: How many pages are left; they are the first ones in @pages.
 */
unsigned int bump_attach_pages(struct page **pages, void **descs,
			       unsigned int nr, unsigned int order, gfp_t gfp)
{
	unsigned int i, nr_descs = nr, used = 0;

	/* The rest is about the pages. */
	gfp &= GFP_RECLAIM_MASK;
	if (!kmem_cache_alloc_bulk(bump_cache, gfp, nr, descs)) {
		/* All or nothing; but one page is enough to go on. */
		descs[0] = nr > 1 ? kmem_cache_alloc(bump_cache, gfp) : NULL;
		nr_descs = !!descs[0];
	}

	for (i = 0; i < nr; i++) {
		struct page *page = pages[i];

		if (used < nr_descs && bump_attach(descs[used], page, order)) {
			/* Nothing but words points to it. */
			kmemleak_not_leak(descs[used]);
			pages[used++] = page;
		} else {
			put_page(page);
		}
	}

	if (unlikely(used < nr_descs))
		kmem_cache_free_bulk(bump_cache, nr_descs - used, descs + used);
	return used;
}

/**
 * bump_free() - Free a bump and its pages.
 * @desc: The bump.  Nobody has a reference.
 *
 * Context: Any but NMI.
 */
void bump_free(void *desc)
{
	struct bump *bump = desc;
	struct page *page = bump->page;
	unsigned int order = bump->order;

	/* Whoever had a reference of the page_pool should have returned it. */
	if (WARN_ON_ONCE(bump->nm.pp)) {
		dump_page(page, "page_pool leak");
		return;
	}

	memdesc_detach_desc(page, order);
	kmem_cache_free(bump_cache, bump);
	free_frozen_pages(page, order);
}
