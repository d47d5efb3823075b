/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the page allocator does with the memdesc words.
 */
#ifndef _MM_MEMDESC_H
#define _MM_MEMDESC_H

#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/preempt.h>

#ifdef CONFIG_MEMDESC
DECLARE_STATIC_KEY_FALSE(memdesc_hwpoison_key);

/*
 * Preemption must be off, so that memdesc_hwpoison_enable() can wait for the
 * store.
 */
static __always_inline void
memdesc_rewrite_one(memdesc_t *p, unsigned long keep, unsigned long set)
{
	if (static_branch_unlikely(&memdesc_hwpoison_key))
		memdesc_replace(p, keep, set);
	else
		WRITE_ONCE(p->v, (READ_ONCE(p->v) & keep) | set);
}

/*
 * The same for words which have a reference count: it may change at any time,
 * so only the lower half is stored.
 */
static __always_inline void
memdesc_rewrite_low(memdesc_t *p, unsigned long keep, unsigned long set)
{
	if (static_branch_unlikely(&memdesc_hwpoison_key))
		memdesc_replace(p, keep | MEMDESC_REF_MASK, set);
	else
		memdesc_store_low(p, (READ_ONCE(p->v) & keep) | set);
}

void __memdesc_rewrite(struct page *page, unsigned long nr,
		       unsigned long keep, unsigned long set);
void __memdesc_fill(struct page *page, unsigned long nr, unsigned long set);
void __memdesc_fill_compound(struct page *page, unsigned int order);
void __memdesc_prep_compound(struct page *page, unsigned int order);
void __memdesc_split(struct page *page, unsigned int order);

/**
 * struct memdesc_info - A type whose descriptors are not in struct page.
 * @size: Size of the descriptor in bytes; 0 if this is no such type.
 * @page: Where in the descriptor the pointer to its first page is.
 * @pgty: What page_type says of these pages; 0 for nothing, as they may be
 *    mapped to userspace.
 * @free: Called when the last reference to a descriptor is gone: detaches it and
 *    frees it, and then the pages.  NULL if there is no reference count.
 * @scattered: The pages are not one allocation, but many of order 0.
 */
struct memdesc_info {
	unsigned short size;
	unsigned short page;
	enum pagetype pgty;
	void (*free)(void *desc);
	bool scattered;
};

extern const struct memdesc_info memdesc_infos[MEMDESC_TYPE_MASK + 1];

/**
 * memdesc_type_info() - Look up a type.
 * @type: The type; values without a name are fine.
 *
 * Context: Any.
 * Return: How its descriptors look, or NULL if they are still in struct page
 *    or the type has none.
 */
static inline const struct memdesc_info *
memdesc_type_info(enum memdesc_types type)
{
	const struct memdesc_info *info = &memdesc_infos[type];

	return info->size ? info : NULL;
}

unsigned long memdesc_nr_descs(enum memdesc_types type);
bool memdesc_is_first(const struct page *page);
bool __memdesc_put_last(struct page *page);

/**
 * memdesc_put_last() - The last reference to a page is gone.
 * @page: The page.
 *
 * Called when page_ref_dec_and_test() was true.
 *
 * Context: Any but NMI.
 * Return: True if the page had a descriptor, and has been freed with it.
 */
static inline bool memdesc_put_last(struct page *page)
{
	return memdesc_is_counted(page_memdesc(page)) &&
	       __memdesc_put_last(page);
}


#ifdef CONFIG_MEMDESC_DEBUG
void memdesc_poison_page(struct page *page);
void memdesc_unpoison_page(struct page *page);
void memdesc_check_alloc(const struct page *page, unsigned int order);
void memdesc_check_free(const struct page *page, unsigned int order);
#else
static inline void memdesc_poison_page(struct page *page)
{
}

static inline void memdesc_unpoison_page(struct page *page)
{
}

static inline void
memdesc_check_alloc(const struct page *page, unsigned int order)
{
}

static inline void
memdesc_check_free(const struct page *page, unsigned int order)
{
}
#endif

/**
 * memdesc_alloc_pages() - Pages leave the page allocator.
 * @page: The first page.
 * @order: Order of the allocation.
 * @gfp: How it was asked for.  With __GFP_COMP prep_compound_page() is next;
 *    it finds that the words are done.
 *
 * The words become MISC.
 *
 * Context: Any.  The caller owns the pages.
 */
static inline void
memdesc_alloc_pages(struct page *page, unsigned int order, gfp_t gfp)
{
	unsigned long set = memdesc_mk_misc(MEMDESC_MISC_NONE, order);

	memdesc_check_alloc(page, order);
	if (order) {
		if (gfp & __GFP_COMP)
			__memdesc_fill_compound(page, order);
		else
			__memdesc_fill(page, 1UL << order, set);
		return;
	}
	guard(preempt)();
	memdesc_rewrite_one(&page->memdesc, MEMDESC_KEEP, set);
}

/**
 * memdesc_free_pages() - Pages come back to the page allocator.
 * @page: The first page.
 * @order: Order of what is freed.
 *
 * The words become BUDDY.  set_buddy_order() does the rest if the pages get
 * into the buddy lists.  Nothing but the word says that they are free.
 *
 * Context: Any.  The caller owns the pages.
 */
static inline void memdesc_free_pages(struct page *page, unsigned int order)
{
	unsigned long set = memdesc_mk_buddy(order);

	if (order) {
		__memdesc_fill(page, 1UL << order, set);
		return;
	}
	guard(preempt)();
	memdesc_rewrite_one(&page->memdesc, MEMDESC_KEEP, set);
}

/**
 * memdesc_free_hwpoison() - A poisoned page does not come back.
 * @page: The page.
 *
 * Context: Any.  The caller owns the page.
 */
static inline void memdesc_free_hwpoison(struct page *page)
{
	__memdesc_rewrite(page, 1, MEMDESC_KEEP,
			  memdesc_mk_misc(MEMDESC_MISC_HWPOISON, 0));
}

/**
 * memdesc_set_pfmemalloc() - An allocation comes from the reserves.
 * @page: The first page.
 *
 * Context: Any.  The caller owns the pages.
 */
static inline void memdesc_set_pfmemalloc(struct page *page)
{
	memdesc_set_bits(&page->memdesc, MEMDESC_MISC_PFMEMALLOC);
}

/**
 * memdesc_prep_compound() - An allocation becomes a compound page.
 * @page: The first page.
 * @order: Order of the allocation, not 0.
 *
 * Context: Any.  The caller owns the pages.
 */
static inline void memdesc_prep_compound(struct page *page, unsigned int order)
{
	__memdesc_prep_compound(page, order);
}

/**
 * memdesc_split_pages() - An allocation becomes single pages.
 * @page: The first page.
 * @order: Order of the allocation.
 *
 * Context: Any.  The caller owns the pages.
 */
static inline void memdesc_split_pages(struct page *page, unsigned int order)
{
	__memdesc_split(page, order);
}

/**
 * memdesc_expected() - May the page come to, or from, the page allocator?
 * @page: The page.
 * @free: It is being freed, not allocated.
 *
 * Who frees a page twice would write over the links of a free page.
 *
 * Context: Any.
 * Return: False if it is free already; or if it is not, or still in a list.
 */
static inline bool memdesc_expected(const struct page *page, bool free)
{
	memdesc_t d = page_memdesc(page);

	if (free)
		return memdesc_type(d) != MEMDESC_BUDDY;
	return (d.v & (MEMDESC_TYPE_MASK | MEMDESC_HEAD |
		       MEMDESC_BUDDY_CHAIN)) == MEMDESC_BUDDY;
}
#else
static inline bool memdesc_put_last(struct page *page)
{
	return false;
}

static inline void
memdesc_alloc_pages(struct page *page, unsigned int order, gfp_t gfp)
{
}

static inline void memdesc_free_pages(struct page *page, unsigned int order)
{
}

static inline void memdesc_free_hwpoison(struct page *page)
{
}

static inline void memdesc_set_pfmemalloc(struct page *page)
{
}

static inline void memdesc_prep_compound(struct page *page, unsigned int order)
{
}

static inline void memdesc_split_pages(struct page *page, unsigned int order)
{
}

static inline bool memdesc_expected(const struct page *page, bool free)
{
	return true;
}

static inline void
memdesc_check_free(const struct page *page, unsigned int order)
{
}
#endif /* CONFIG_MEMDESC */

#endif /* _MM_MEMDESC_H */
