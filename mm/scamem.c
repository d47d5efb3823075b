// SPDX-License-Identifier: GPL-2.0
/*
 * Scattered memory: pages from anywhere, with one descriptor for all of them.
 *
 * vmalloc areas are made of it if they can be mapped to userspace or if
 * somebody is charged for them.  The pages live as long as there is a reference
 * to any of them, which can be longer than the area.
 */
#include <linux/kmemleak.h>
#include <linux/llist.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "memdesc.h"
#include "page_alloc.h"
#include "scamem.h"

/* Pages to look after before somebody else may run. */
#define SCAMEM_BATCH	512UL

static struct kmem_cache *scamem_cache __ro_after_init;

/**
 * scamem_init() - Create the cache of the descriptors.
 *
 * Context: At boot, as soon as there are caches.
 */
void __init scamem_init(void)
{
	struct kmem_cache_args args = {
		.align = MEMDESC_ALIGN,
		/* Lockless readers may look at the reference count. */
		.use_freeptr_offset = true,
		.freeptr_offset = offsetof(struct scamem, pages),
	};

	scamem_cache = kmem_cache_create("scamem", sizeof(struct scamem), &args,
					 SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE |
					 SLAB_PANIC);
}

/**
 * scamem_alloc() - Allocate a descriptor of scattered memory.
 * @pages: An array for the pages.  It belongs to the descriptor from now on.
 * @flags: enum scamem_flags.
 * @objcg: Whom to charge with the pages, or NULL.
 * @gfp: What the pages are to be allocated with.
 * @nid: Node of the descriptor, or NUMA_NO_NODE.
 *
 * Nobody can get a reference before scamem_publish().
 *
 * Context: Process context.  May sleep if @gfp allows it.
 * Return: The descriptor, or NULL if there is no memory for it.
 */
struct scamem *scamem_alloc(struct page **pages, unsigned int flags,
			    struct obj_cgroup *objcg, gfp_t gfp, int nid)
{
	struct scamem *scamem;

	gfp &= GFP_RECLAIM_MASK;
	scamem = kmem_cache_alloc_node(scamem_cache, gfp, nid);
	if (!scamem)
		return NULL;

	/* The memmap may have the only pointer to it. */
	kmemleak_not_leak(scamem);
	atomic_set(&scamem->refcount, 0);
	scamem->page = NULL;
	scamem->flags = flags;
	scamem->nr = 0;
	scamem->pages = pages;
	scamem->objcg = objcg;
	scamem->charged = 0;
	return scamem;
}

/**
 * scamem_charge() - Charge pages before they are added.
 * @scamem: The descriptor.
 * @gfp: Reclaim mode.
 * @nr: How many pages.
 *
 * Context: In the scope of the objcg which was given to scamem_alloc().  May
 *    sleep if @gfp allows it.
 * Return: False if they cannot be charged.
 */
bool scamem_charge(struct scamem *scamem, gfp_t gfp, unsigned int nr)
{
	if (!scamem->objcg)
		return true;
	if (memcg_kmem_charge_objcg(scamem->objcg, gfp, nr))
		return false;

	/* Each charge has a reference, but one is enough. */
	if (scamem->charged)
		obj_cgroup_put(scamem->objcg);
	scamem->charged += nr;
	return true;
}

/**
 * scamem_add_pages() - Add pages to scattered memory.
 * @scamem: The descriptor, which is not published.
 * @page: The first of some contiguous pages of order 0 of one node.  They have
 *    no reference.
 * @nr: How many.
 *
 * The caller has charged them, and puts them into the array.
 *
 * Context: Any.  The caller has just allocated the pages.
 */
void scamem_add_pages(struct scamem *scamem, struct page *page,
		      unsigned long nr)
{
	mod_lruvec_objcg_state(scamem->objcg, page_pgdat(page), NR_VMALLOC, nr);
	memdesc_add_pages(page, nr, MEMDESC_SCAMEM, scamem);
	scamem->nr += nr;
}

/**
 * scamem_publish() - Take the first reference.
 * @scamem: The descriptor.  It has no references.
 *
 * Context: Any.  The caller has just allocated the descriptor, or called
 *    scamem_freeze().
 */
void scamem_publish(struct scamem *scamem)
{
	/* Who gets a reference must see the rest. */
	atomic_set_release(&scamem->refcount, 1);
}

/**
 * scamem_freeze() - Let nobody get a reference.
 * @scamem: The descriptor.
 *
 * Context: Any.  The caller has a reference.
 * Return: True if there was no other reference; scamem_publish() undoes it.
 */
bool scamem_freeze(struct scamem *scamem)
{
	return atomic_cmpxchg(&scamem->refcount, 1, 0) == 1;
}

/* Make single pages of those from @start on, which can be freed then. */
static void scamem_remove_pages(struct scamem *scamem, unsigned long start)
{
	unsigned long i = start;

	while (i < scamem->nr) {
		unsigned long j, nr = 1, max = min(scamem->nr - i, SCAMEM_BATCH);
		struct page *page = scamem->pages[i];

		while (nr < max && scamem->pages[i + nr] == page + nr &&
		       page_to_nid(page + nr) == page_to_nid(page))
			nr++;

		mod_lruvec_objcg_state(scamem->objcg, page_pgdat(page),
				       NR_VMALLOC, -(int)nr);
		memdesc_remove_pages(page, nr);
		for (j = 0; j < nr; j++)
			set_page_refcounted(page + j);
		i += nr;
		cond_resched();
	}
	scamem->nr = start;
}

/**
 * scamem_trim() - Free the last pages of scattered memory.
 * @scamem: The descriptor, after scamem_freeze().
 * @nr: How many pages remain, at least one.
 *
 * Context: Process context, may sleep.
 */
void scamem_trim(struct scamem *scamem, unsigned long nr)
{
	unsigned long nr_free = scamem->nr - nr;

	scamem_remove_pages(scamem, nr);
	if (scamem->charged) {
		/* The others keep the reference. */
		obj_cgroup_get(scamem->objcg);
		memcg_kmem_uncharge_objcg(scamem->objcg, nr_free);
		scamem->charged -= nr_free;
	}
	free_pages_bulk(scamem->pages + nr, nr_free);
}

static void scamem_free(struct scamem *scamem)
{
	struct page **pages = scamem->pages;
	unsigned long nr = scamem->nr;

	scamem_remove_pages(scamem, 0);
	if (scamem->charged)
		memcg_kmem_uncharge_objcg(scamem->objcg, scamem->charged);
	scamem->flags = 0;
	kmem_cache_free(scamem_cache, scamem);

	free_pages_bulk(pages, nr);
	kvfree(pages);
}

/**
 * scamem_put() - Drop a reference to scattered memory.
 * @scamem: The descriptor.
 *
 * Context: Process context, may sleep.  Others use put_page().
 */
void scamem_put(struct scamem *scamem)
{
	if (atomic_dec_and_test(&scamem->refcount))
		scamem_free(scamem);
}

static LLIST_HEAD(scamem_free_list);

static void scamem_free_workfn(struct work_struct *work)
{
	struct scamem *scamem, *next;

	llist_for_each_entry_safe(scamem, next, llist_del_all(&scamem_free_list),
				  free_node)
		scamem_free(scamem);
}

static DECLARE_WORK(scamem_free_work, scamem_free_workfn);

/**
 * scamem_free_deferred() - Free scattered memory some time soon.
 * @desc: The descriptor, whose last reference is gone.
 *
 * There may be many pages, and vfree() sleeps: put_page() cannot do that.
 *
 * Context: Any but NMI.
 */
void scamem_free_deferred(void *desc)
{
	struct scamem *scamem = desc;

	if (llist_add(&scamem->free_node, &scamem_free_list))
		schedule_work(&scamem_free_work);
}
