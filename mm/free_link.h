/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the links of free pages are.
 *
 * Only this file knows it; mm/free_list.h, which makes lists of them, does not.
 * Who calls these holds the lock of the list, and so does who changes a
 * neighbour.  HWPOISON may be set at any moment by somebody who holds no lock.
 * Links are stored by half words of their own, which cannot lose it; all that
 * changes the rest of the word is left to memdesc_rewrite_one().
 */
#ifndef _MM_FREE_LINK_H
#define _MM_FREE_LINK_H

#include <linux/mm.h>
#include <linux/preempt.h>

#include "memdesc.h"

/* Little endian, as is all of memdesc.h */
static __always_inline u16 *__free_linkp(struct page *page, unsigned int shift)
{
	return (u16 *)&page->memdesc.v + shift / 16;
}

/**
 * free_link_set_head() - Let a page be the first one of a block in a list.
 * @page: The page, which is free.
 * @order: The order of the block.
 * @prev: Index in the pageblock of the block before this.
 * @next: Index in the pageblock of the block after this.
 *
 * Context: Under the lock of the list.
 */
static inline void
free_link_set_head(struct page *page, unsigned int order, u16 prev, u16 next)
{
	guard(preempt)();
	memdesc_rewrite_one(&page->memdesc, MEMDESC_KEEP,
			    memdesc_mk_head(order, prev, next));
}

/**
 * free_link_clear() - Let a page be in no list and in no chain.
 * @page: The page.
 *
 * Context: Under the lock of the list.
 */
static inline void free_link_clear(struct page *page)
{
	guard(preempt)();
	memdesc_rewrite_one(&page->memdesc, MEMDESC_KEEP, memdesc_mk_buddy(0));
}

/**
 * free_link_is_head() - Is this the first page of such a block in a list?
 * @page: The page.
 * @order: The order of the block.
 *
 * Context: Any.
 * Return: True if it is.
 */
static inline bool
free_link_is_head(const struct page *page, unsigned int order)
{
	memdesc_t d = page_memdesc(page);

	return memdesc_is_buddy_head(d) && memdesc_order(d) == order;
}

/**
 * free_link_prev() - Find the block before this.
 * @page: The first page of a block in a list.
 *
 * Context: Under the lock of the list.
 * Return: Its index in the pageblock.  Has no meaning for the first block.
 */
static inline unsigned int free_link_prev(const struct page *page)
{
	return READ_ONCE(*__free_linkp((struct page *)page, MEMDESC_PREV_SHIFT));
}

/**
 * free_link_next() - Find the block after this.
 * @page: The first page of a block in a list.
 *
 * Context: Under the lock of the list.
 * Return: Its index in the pageblock.  Has no meaning for the last block.
 */
static inline unsigned int free_link_next(const struct page *page)
{
	return READ_ONCE(*__free_linkp((struct page *)page, MEMDESC_NEXT_SHIFT));
}

/**
 * free_link_set_prev() - Change the block before this.
 * @page: The first page of a block in a list.
 * @prev: Its index in the pageblock.
 *
 * Context: Under the lock of the list.
 */
static inline void free_link_set_prev(struct page *page, u16 prev)
{
	WRITE_ONCE(*__free_linkp(page, MEMDESC_PREV_SHIFT), prev);
}

/**
 * free_link_set_next() - Change the block after this.
 * @page: The first page of a block in a list.
 * @next: Its index in the pageblock.
 *
 * Context: Under the lock of the list.
 */
static inline void free_link_set_next(struct page *page, u16 next)
{
	WRITE_ONCE(*__free_linkp(page, MEMDESC_NEXT_SHIFT), next);
}

/* The link of a page at the end of a chain; above any page frame number. */
#define FREE_LINK_END	MEMDESC_CHAIN_END

/**
 * free_link_set_chain() - Let a page be the first one of a block in a chain.
 * @page: The page, which is free.
 * @order: The order of the block, if it matters.
 * @link: Made of page frame numbers and FREE_LINK_END.
 *
 * Context: Under the lock of the chain, or before the page is in it.
 */
static inline void
free_link_set_chain(struct page *page, unsigned int order, unsigned long link)
{
	guard(preempt)();
	memdesc_rewrite_one(&page->memdesc, MEMDESC_KEEP,
			    memdesc_mk_chain(order, link));
}

/**
 * free_link_is_chain() - Is this the first page of a block in a chain?
 * @page: The page.
 *
 * Context: Any.
 * Return: True if it is.
 */
static inline bool free_link_is_chain(const struct page *page)
{
	return memdesc_is_chain(page_memdesc(page));
}

/**
 * free_link_chain() - Get the link of a page in a chain.
 * @page: The page.
 *
 * Context: Under the lock of the chain.
 * Return: The link.
 */
static inline unsigned long free_link_chain(const struct page *page)
{
	return memdesc_chain(page_memdesc(page));
}

/**
 * free_link_order() - Get the order of a page in a list or a chain.
 * @page: The page.
 *
 * Context: Any.
 * Return: The order.
 */
static inline unsigned int free_link_order(const struct page *page)
{
	return memdesc_order(page_memdesc(page));
}

/**
 * free_link_xor_chain() - Change the link of a page in a chain.
 * @page: The page.
 * @mask: What to xor its link with.
 *
 * Context: Under the lock of the chain.
 */
static inline void free_link_xor_chain(struct page *page, unsigned long mask)
{
	unsigned long link;

	guard(preempt)();
	link = free_link_chain(page) ^ mask;
	memdesc_rewrite_one(&page->memdesc, BIT(MEMDESC_CHAIN_SHIFT) - 1,
			    link << MEMDESC_CHAIN_SHIFT);
}

#endif /* _MM_FREE_LINK_H */
