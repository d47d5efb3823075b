// SPDX-License-Identifier: GPL-2.0
/*
 * Page tables and their descriptors, with CONFIG_MEMDESC.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kmemleak.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"
#include "page_alloc.h"

static struct kmem_cache *ptdesc_cache __ro_after_init;

/* No page tables can be allocated before.  Those of boot are from memblock. */
void __init ptdesc_cache_init(void)
{
	struct kmem_cache_args args = {
		.align = MEMDESC_ALIGN,
		/* Lockless readers may look at everything else. */
		.use_freeptr_offset = true,
		.freeptr_offset = offsetof(struct ptdesc, pt_list),
	};

	ptdesc_cache = kmem_cache_create("ptdesc", sizeof(struct ptdesc), &args,
					 SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE |
					 SLAB_PANIC);
}

struct ptdesc *pagetable_alloc_noprof(gfp_t gfp, unsigned int order)
{
	struct ptdesc *pt;
	struct page *page;

	page = alloc_frozen_pages_noprof(gfp | __GFP_COMP, order);
	if (!page)
		return NULL;

	gfp &= GFP_RECLAIM_MASK;
	pt = kmem_cache_alloc_node_noprof(ptdesc_cache, gfp, page_to_nid(page));
	if (!pt) {
		free_frozen_pages(page, order);
		return NULL;
	}
	/* Only the word points to it, and kmemleak cannot decode that. */
	kmemleak_not_leak(pt);

	pt->pt_flags.f = (page_memdesc(page).v & MEMDESC_LOCATION_MASK) |
			 (unsigned long)order << MEMDESC_ORDER_SHIFT;
	pt->pmd_huge_pte = NULL;
	pt->pt_index = 0;
	pt->pt_private = NULL;
	/* It is zero if the descriptor has been one before. */
	atomic_set(&pt->pt_refcount, 0);

	/* The page allocator has charged the page. */
	WRITE_ONCE(pt->pt_memcg_data, page_memcg_data(page));
	set_page_memcg_data(page, 0);

	memdesc_attach_desc(page, order, MEMDESC_PTDESC, pt);
	/* Whoever gets a reference sees all that, and the words. */
	atomic_set_release(&pt->pt_refcount, 1);

	return pt;
}
EXPORT_SYMBOL_FOR_MODULES(pagetable_alloc_noprof, "kvm");

/**
 * __pagetable_free - Free page tables now
 * @pt: The page table descriptor
 *
 * For pagetable_free().  The caller has the last reference, or has dropped it.
 *
 * Context: Any but NMI.
 */
void __pagetable_free(struct ptdesc *pt)
{
	unsigned long memcg_data = pt->pt_memcg_data;
	unsigned int order = ptdesc_order(pt);
	struct page *page = ptdesc_page(pt);

	VM_WARN_ON_ONCE(atomic_read(&pt->pt_refcount) > 1);
	atomic_set(&pt->pt_refcount, 0);

	memdesc_detach_desc(page, order);
	set_page_memcg_data(page, memcg_data);
	kmem_cache_free(ptdesc_cache, pt);
	free_frozen_pages(page, order);
}
EXPORT_SYMBOL_FOR_MODULES(__pagetable_free, "kvm");
