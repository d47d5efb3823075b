// SPDX-License-Identifier: GPL-2.0
/*
 * The descriptors of zsmalloc pages, with CONFIG_MEMDESC.
 *
 * zsmalloc may be a module, but whoever drops the last reference to one of its
 * pages frees it: compaction for example.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"
#include "page_alloc.h"
#include "zpdesc.h"

static struct kmem_cache *zpdesc_cache __ro_after_init;

static int __init zpdesc_cache_init(void)
{
	struct kmem_cache_args args = {
		.align = MEMDESC_ALIGN,
		/* Lockless readers may look at everything else. */
		.use_freeptr_offset = true,
		.freeptr_offset = offsetof(struct zpdesc, next),
	};

	zpdesc_cache = kmem_cache_create("zpdesc", sizeof(struct zpdesc), &args,
					 SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE |
					 SLAB_PANIC);
	return 0;
}
core_initcall(zpdesc_cache_init);

/**
 * zpdesc_alloc - Allocate a page and its zpdesc
 * @gfp: GFP flags
 * @nid: The preferred node
 *
 * Context: As for alloc_pages().
 * Return: The zpdesc of a new page, with one reference, or NULL if there is no
 * memory for one of the two.
 */
struct zpdesc *zpdesc_alloc_noprof(gfp_t gfp, int nid)
{
	struct zpdesc *zpdesc;
	struct page *page;

	if (nid == NUMA_NO_NODE)
		nid = numa_mem_id();

	page = __alloc_frozen_pages_noprof(gfp, 0, nid, NULL, ALLOC_DEFAULT);
	if (!page)
		return NULL;

	gfp &= GFP_RECLAIM_MASK;
	zpdesc = kmem_cache_alloc_node_noprof(zpdesc_cache, gfp,
					      page_to_nid(page));
	if (!zpdesc) {
		free_frozen_pages(page, 0);
		return NULL;
	}

	zpdesc->flags = 0;
	atomic_set(&zpdesc->_refcount, 0);
	zpdesc->first_obj_offset = 0;
	zpdesc->next = NULL;
	zpdesc->zspage = NULL;
	memdesc_attach_desc(page, 0, MEMDESC_ZPDESC, zpdesc);
	/* Whoever gets a reference sees all that, and the word */
	atomic_set_release(&zpdesc->_refcount, 1);

	return zpdesc;
}
EXPORT_SYMBOL_GPL(zpdesc_alloc_noprof);

/**
 * zpdesc_free - Free a zpdesc and its page
 * @desc: The zpdesc. Nobody has a reference, and it is in no zspage.
 *
 * Context: Any but NMI.
 */
void zpdesc_free(void *desc)
{
	struct zpdesc *zpdesc = desc;
	struct page *page = zpdesc_page(zpdesc);

	VM_WARN_ON_ONCE(zpdesc->zspage);
	zpdesc->flags = 0;
	memdesc_detach_desc(page, 0);
	kmem_cache_free(zpdesc_cache, zpdesc);
	free_frozen_pages(page, 0);
}
EXPORT_SYMBOL_GPL(zpdesc_free);

/**
 * zpdesc_move - Let a zpdesc describe another page
 * @zpdesc: The zpdesc, whose reference count is frozen.
 * @newpage: The page. Its reference count is frozen as well.
 *
 * The reference of the migration core to @newpage is one to the zpdesc from now
 * on, and that to the old page one to a page which is just allocated. It has
 * isolated the old page, not the new one.
 *
 * Context: Any. For zpdesc_finish_move() only.
 */
void zpdesc_move(struct zpdesc *zpdesc, struct page *newpage)
{
	struct page *page = zpdesc_page(zpdesc);

	memdesc_detach_desc(page, 0);
	memdesc_attach_desc(newpage, 0, MEMDESC_ZPDESC, zpdesc);
	clear_bit(ZP_isolated, &zpdesc->flags);

	page_ref_unfreeze(page, 1);
	/* Whoever gets a reference by the new page sees its word. */
	atomic_set_release(&zpdesc->_refcount, 2);
}
EXPORT_SYMBOL_GPL(zpdesc_move);
