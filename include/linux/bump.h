/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct bump: the descriptor of memory which a page_pool hands out.
 *
 * See Documentation/mm/memdesc.rst.
 */
#ifndef _LINUX_BUMP_H
#define _LINUX_BUMP_H

#include <linux/mm_types.h>

#ifdef CONFIG_MEMDESC
struct page_pool;

/**
 * struct netmem_desc - What page_pool keeps for each piece of memory it has.
 * @pp: The page_pool, or NULL if the memory belongs to none (any more).
 * @dma_addr: Where the device sees it.
 * @pp_ref_count: How many fragments of it are in use; one if it was not
 *    fragmented.
 * @dma_index: Index in the dma_mapped of @pp, or zero.
 *
 * Part of struct bump and of struct net_iov.
 */
struct netmem_desc {
	struct page_pool *pp;
	unsigned long dma_addr;
	atomic_long_t pp_ref_count;
	u32 dma_index;
};

/**
 * struct bump - Memory of a page_pool.
 * @page: The first page.
 * @_refcount: Do not access this member directly.  One for the page_pool, and
 *    one for each get_page(), each mapping to userspace, and so on.  Pages which
 *    point to a bump have no reference count of their own.
 * @order: The order of the allocation.
 * @pfmemalloc: It comes from the reserves.
 * @nm: What page_pool keeps; shared with the memory that has no pages.
 * @__free: Used by the slab allocator while the descriptor is free.
 *
 * Each page of the allocation points to it.  It is attached when a page_pool
 * gets the pages and stays until the last reference is gone, which may be long
 * after the page_pool.  Recycling does not change it.
 */
struct bump {
	struct page *page;
	atomic_t _refcount;
	u8 order;
	bool pfmemalloc;
	struct netmem_desc nm;
	void *__free;
} __aligned(MEMDESC_ALIGN);

/* One cache line, and the budget of all descriptors */
static_assert(sizeof(struct bump) == 64);
static_assert(offsetof(struct bump, _refcount) == MEMDESC_REFCOUNT_OFFSET);

/**
 * memdesc_is_bump() - Does a word belong to a page of a page_pool?
 * @d: The word.
 *
 * Context: Any.
 * Return: True if the page was allocated by a page_pool.  It may have been
 *    given up by that since.
 */
static __always_inline bool memdesc_is_bump(memdesc_t d)
{
	return IS_ENABLED(CONFIG_PAGE_POOL) && memdesc_type(d) == MEMDESC_BUMP;
}

/**
 * __page_bump() - Converts from struct page to its bump.
 * @page: A page which has one.
 *
 * Context: The caller has a reference to the page, so the pointer in the word
 *    does not change.  That is why it need not be read once: whoever reads it
 *    again gets the same, which spares some instructions per packet.
 * Return: The bump.
 */
static __always_inline struct bump *__page_bump(const struct page *page)
{
	return memdesc_ptr((memdesc_t){ data_race(page->memdesc.v) });
}

/**
 * page_bump() - Converts from struct page to its bump.
 * @page: The page.
 *
 * Context: Any.  Without a reference to the page the bump may be reused; see
 *    the lookup protocol in Documentation/mm/memdesc.rst.
 * Return: The bump, or NULL if the page has none.
 */
static __always_inline struct bump *page_bump(const struct page *page)
{
	memdesc_t d = page_memdesc(page);

	return memdesc_is_bump(d) ? memdesc_ptr(d) : NULL;
}

/**
 * page_has_bump() - Was this page allocated by a page_pool?
 * @page: The page.
 *
 * Context: Any.  The answer is stable if the caller has a reference.
 * Return: True if it has a bump.
 */
static __always_inline bool page_has_bump(const struct page *page)
{
	return memdesc_is_bump(page_memdesc(page));
}

unsigned int bump_attach_pages(struct page **pages, void **descs,
			       unsigned int nr, unsigned int order, gfp_t gfp);
void bump_free(void *desc);

/* For page_is_pfmemalloc() */
static __always_inline bool page_bump_pfmemalloc(const struct page *page)
{
	return __page_bump(page)->pfmemalloc;
}
#else
static __always_inline bool page_has_bump(const struct page *page)
{
	return false;
}

static inline unsigned int
bump_attach_pages(struct page **pages, void **descs, unsigned int nr,
		  unsigned int order, gfp_t gfp)
{
	return nr;
}

static inline bool page_bump_pfmemalloc(const struct page *page)
{
	return false;
}
#endif /* CONFIG_MEMDESC */

#endif /* _LINUX_BUMP_H */
