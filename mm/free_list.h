/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of free pages which fit into one word per page.
 *
 * Buddy lists: the free blocks of one order in one pageblock are on a list of
 * their own, linked by their indices in the pageblock.  As all of a pageblock
 * is of one migratetype, they belong on the same list of the zone: there the
 * pageblock stands for all of them.  So zone->free_area[].free_list[] are lists
 * of pageblocks, and a pageblock changes its migratetype in a few steps.  A
 * block of pageblock_order, or a larger one, is alone on the last list of its
 * first pageblock.
 *
 * Frozen lists: what was taken off the buddy lists and is only used from both
 * ends (per-cpu lists, compaction).  Each page has one link, the page frame
 * numbers of its neighbours xor'ed.
 *
 * Trylock lists: pages freed by who could not wait for zone->lock, each with
 * the page frame number of the one before.
 *
 * Nothing here reads or writes what is in a free page, allocates, or takes a
 * lock.  The tests in mm/tests/free_list_kunit.c also run in userspace, see
 * tools/testing/memdesc/.
 */
#ifndef _MM_FREE_LIST_H
#define _MM_FREE_LIST_H

#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/frozen_list.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>

#include "free_link.h"

/* The tests have a memmap of their own. */
#ifndef free_pfn_to_page
#define free_pfn_to_page(pfn)	pfn_to_page(pfn)
#define free_page_to_pfn(page)	page_to_pfn(page)
#define free_pfn_valid(pfn)	pfn_valid(pfn)
#endif

/**
 * struct pb_list - The free blocks of one order in one pageblock.
 * @list: Node of zone->free_area[order].free_list[migratetype] if @nr is not 0.
 * @first: Index in the pageblock of the first block.
 * @last: Index in the pageblock of the last block.
 * @nr: Number of blocks.
 *
 * Protected by the lock of the zone which the pageblock belongs to.
 */
struct pb_list {
	struct list_head list;
	u16 first;
	u16 last;
	u16 nr;
};

/**
 * struct pageblock - What the page allocator knows of a pageblock.
 * @pfn: Its first page frame number.
 * @lists: Its free blocks by order; all those of at least pageblock_order are
 *    in the last one.  With CONFIG_UNACCEPTED_MEMORY a block that is not
 *    accepted yet also uses that.
 *
 * All pages in these lists are of the zone of the first page.  There is one
 * for each pageblock of a section, behind its pageblock_flags, or of a zone if
 * there are no sections.
 */
struct pageblock {
	unsigned long pfn;
	struct pb_list lists[pageblock_order + 1];
};

/* 0.012 % of the memory */
static_assert(pageblock_order != 9 || sizeof(struct pageblock) == 248);
/* An index, and a number of pages */
static_assert(pageblock_order < 16);

/**
 * pb_list_of() - Find the list which a block is in.
 * @pb: The pageblock.
 * @order: Order of the block.
 *
 * Context: Any.
 * Return: The list.
 */
static inline struct pb_list *
pb_list_of(struct pageblock *pb, unsigned int order)
{
	return &pb->lists[min(order, pageblock_order)];
}

/**
 * pb_list_pageblock() - Find the pageblock which a list belongs to.
 * @n: The list.
 * @order: Order of the blocks in it.
 *
 * Context: Any.
 * Return: The pageblock.
 */
static inline struct pageblock *
pb_list_pageblock(struct pb_list *n, unsigned int order)
{
	return container_of(n - min(order, pageblock_order), struct pageblock,
			    lists[0]);
}

/**
 * pb_bad_links() - Check the links of a block.
 * @pb: The pageblock.
 * @page: The first page of the block.
 * @idx: Index of this page in the pageblock.
 * @order: Order of the block.
 *
 * Context: Under zone->lock.
 * Return: What is wrong, or NULL.
 */
static inline const char *
pb_bad_links(struct pageblock *pb, const struct page *page, unsigned int idx,
	     unsigned int order)
{
	const struct pb_list *n = pb_list_of(pb, order);
	const struct page *base = page - idx;
	unsigned int other;

	if (!free_link_is_head(page, order))
		return "not a free block";
	if (!n->nr)
		return "the list is empty";
	if (n->nr == 1 && (n->first != idx || n->last != idx))
		return "not the only block";
	if (n->first != idx) {
		other = free_link_prev(page);
		if (other >= pageblock_nr_pages ||
		    !free_link_is_head(base + other, order))
			return "no previous block";
		if (free_link_next(base + other) != idx)
			return "not the next one of the previous block";
	}
	if (n->last != idx) {
		other = free_link_next(page);
		if (other >= pageblock_nr_pages ||
		    !free_link_is_head(base + other, order))
			return "no next block";
		if (free_link_prev(base + other) != idx)
			return "not the previous one of the next block";
	}
	return NULL;
}

/*
 * A list which is corrupt is given up: what is in it is lost, but no page is
 * handed out twice.
 */
static inline void pb_list_give_up(struct pb_list *n)
{
	if (n->nr)
		list_del(&n->list);
	n->nr = 0;
}

static inline bool
pb_add_valid(struct pageblock *pb, struct page *page, unsigned int idx,
	     unsigned int order)
{
	const struct pb_list *n = pb_list_of(pb, order);
	const char *bad = NULL;
	struct page *base = page - idx;

	if (!IS_ENABLED(CONFIG_DEBUG_LIST))
		return true;

	if (memdesc_is_buddy_head(page_memdesc(page)))
		bad = "added twice";
	else if (n->nr && !free_link_is_head(base + n->first, order))
		bad = "the first block is not free";
	else if (n->nr && !free_link_is_head(base + n->last, order))
		bad = "the last block is not free";
	return !CHECK_DATA_CORRUPTION(bad, page,
			"free list corruption (pfn %#lx, order %u): %s\n",
			pb->pfn + idx, order, bad);
}

static inline bool
pb_del_valid(struct pageblock *pb, struct page *page, unsigned int idx,
	     unsigned int order)
{
	const char *bad;

	if (!IS_ENABLED(CONFIG_DEBUG_LIST))
		return true;

	bad = pb_bad_links(pb, page, idx, order);
	return !CHECK_DATA_CORRUPTION(bad, page,
			"free list corruption (pfn %#lx, order %u): %s\n",
			pb->pfn + idx, order, bad);
}

/**
 * pb_add() - Put a block into the lists.
 * @pb: The pageblock.
 * @page: The first page of the block.
 * @idx: Index of this page in the pageblock.
 * @order: Order of the block.
 * @head: The list of the zone for this order and for the migratetype of the
 *    pageblock.
 * @tail: Add at the tail, not at the head.
 *
 * If there are such blocks in the pageblock already, it keeps its place in the
 * list of the zone.
 *
 * Context: Under zone->lock.
 */
static inline void pb_add(struct pageblock *pb, struct page *page,
			  unsigned int idx, unsigned int order,
			  struct list_head *head, bool tail)
{
	struct pb_list *n = pb_list_of(pb, order);
	unsigned int prev = idx, next = idx;
	struct page *base = page - idx;

	if (!pb_add_valid(pb, page, idx, order))
		pb_list_give_up(n);

	if (!n->nr) {
		n->first = idx;
		n->last = idx;
		if (tail)
			list_add_tail(&n->list, head);
		else
			list_add(&n->list, head);
	} else if (tail) {
		prev = n->last;
		free_link_set_next(base + prev, idx);
		n->last = idx;
	} else {
		next = n->first;
		free_link_set_prev(base + next, idx);
		n->first = idx;
	}
	n->nr++;
	free_link_set_head(page, order, prev, next);
}

/**
 * pb_del() - Take a block out of the lists.
 * @pb: The pageblock.
 * @page: The first page of the block.
 * @idx: Index of this page in the pageblock.
 * @order: Order of the block.
 *
 * The page forgets its order, and that it was reported.
 *
 * Context: Under zone->lock.
 */
static inline void pb_del(struct pageblock *pb, struct page *page,
			  unsigned int idx, unsigned int order)
{
	struct pb_list *n = pb_list_of(pb, order);
	struct page *base = page - idx;
	unsigned int prev, next;

	if (!pb_del_valid(pb, page, idx, order)) {
		pb_list_give_up(n);
	} else if (!--n->nr) {
		list_del(&n->list);
	} else {
		prev = free_link_prev(page);
		next = free_link_next(page);
		if (n->first == idx)
			n->first = next;
		else
			free_link_set_next(base + prev, next);
		if (n->last == idx)
			n->last = prev;
		else
			free_link_set_prev(base + next, prev);
	}
	free_link_clear(page);
}

/**
 * pb_first() - Get the first block of a list of the zone.
 * @head: The list.
 * @order: Order of the blocks in it.
 *
 * Context: Under zone->lock.
 * Return: Its first page, or NULL if there is none.
 */
static inline struct page *pb_first(struct list_head *head, unsigned int order)
{
	struct pb_list *n;

	n = list_first_entry_or_null(head, struct pb_list, list);
	if (!n)
		return NULL;
	return free_pfn_to_page(pb_list_pageblock(n, order)->pfn) + n->first;
}

/**
 * pb_last() - Get the last block of a list of the zone.
 * @head: The list.
 * @order: Order of the blocks in it.
 *
 * Context: Under zone->lock.
 * Return: Its first page, or NULL if there is none.
 */
static inline struct page *pb_last(struct list_head *head, unsigned int order)
{
	struct pb_list *n;

	n = list_last_entry_or_null(head, struct pb_list, list);
	if (!n)
		return NULL;
	return free_pfn_to_page(pb_list_pageblock(n, order)->pfn) + n->last;
}

/**
 * pb_next() - Get the next block of a list of the zone.
 * @pb: The pageblock.
 * @page: The first page of a block.
 * @idx: Index of this page in the pageblock.
 * @order: Order of the block.
 * @head: The list.
 * @skip: Skip the other blocks of the pageblock.
 *
 * Context: Under zone->lock.
 * Return: Its first page, or NULL if there is none.
 */
static inline struct page *
pb_next(struct pageblock *pb, struct page *page, unsigned int idx,
	unsigned int order, struct list_head *head, bool skip)
{
	struct pb_list *n = pb_list_of(pb, order);

	if (!skip && n->last != idx)
		return page - idx + free_link_next(page);
	if (list_is_last(&n->list, head))
		return NULL;
	n = list_next_entry(n, list);
	return free_pfn_to_page(pb_list_pageblock(n, order)->pfn) + n->first;
}

/**
 * pb_prev() - Get the previous block of a list of the zone.
 * @pb: The pageblock.
 * @page: The first page of a block.
 * @idx: Index of this page in the pageblock.
 * @order: Order of the block.
 * @head: The list.
 * @skip: Skip the other blocks of the pageblock.
 *
 * Context: Under zone->lock.
 * Return: Its first page, or NULL if there is none.
 */
static inline struct page *
pb_prev(struct pageblock *pb, struct page *page, unsigned int idx,
	unsigned int order, struct list_head *head, bool skip)
{
	struct pb_list *n = pb_list_of(pb, order);

	if (!skip && n->first != idx)
		return page - idx + free_link_prev(page);
	if (list_is_first(&n->list, head))
		return NULL;
	n = list_prev_entry(n, list);
	return free_pfn_to_page(pb_list_pageblock(n, order)->pfn) + n->last;
}

/* Turn the ring of the blocks of a pageblock: @first is the first one. */
static inline void
pb_turn(struct pb_list *n, struct page *base, unsigned int first)
{
	if (n->first == first)
		return;
	free_link_set_next(base + n->last, n->first);
	free_link_set_prev(base + n->first, n->last);
	n->first = first;
	n->last = free_link_prev(base + first);
}

/**
 * pb_rotate_to_front() - Let a block be the first one of a list of the zone.
 * @pb: The pageblock.
 * @page: The first page of the block.
 * @idx: Index of this page in the pageblock.
 * @order: Order of the block.
 * @head: The list.
 *
 * The pageblocks before its own follow the last one.  The blocks before it in
 * its own pageblock follow those after it there.
 *
 * Context: Under zone->lock.
 */
static inline void
pb_rotate_to_front(struct pageblock *pb, struct page *page, unsigned int idx,
		   unsigned int order, struct list_head *head)
{
	struct pb_list *n = pb_list_of(pb, order);

	pb_turn(n, page - idx, idx);
	if (!list_is_first(&n->list, head))
		list_rotate_to_front(&n->list, head);
}

/**
 * pb_rotate_to_tail() - Let a block be the last one of a list of the zone.
 * @pb: The pageblock.
 * @page: The first page of the block.
 * @idx: Index of this page in the pageblock.
 * @order: Order of the block.
 * @head: The list.
 *
 * The pageblocks after its own go before the first one.  The blocks after it in
 * its own pageblock go before those before it there.
 *
 * Context: Under zone->lock.
 */
static inline void
pb_rotate_to_tail(struct pageblock *pb, struct page *page, unsigned int idx,
		  unsigned int order, struct list_head *head)
{
	struct pb_list *n = pb_list_of(pb, order);

	if (n->last != idx)
		pb_turn(n, page - idx, free_link_next(page));
	if (!list_is_last(&n->list, head))
		list_move(head, &n->list);
}

/**
 * pb_move_tail() - Move the blocks of one order to another list of the zone.
 * @pb: The pageblock.
 * @order: Order of the blocks.
 * @head: The list for this order and the new migratetype.
 *
 * Context: Under zone->lock.
 * Return: How many blocks were moved.
 */
static inline unsigned int
pb_move_tail(struct pageblock *pb, unsigned int order, struct list_head *head)
{
	struct pb_list *n = pb_list_of(pb, order);

	if (n->nr)
		list_move_tail(&n->list, head);
	return n->nr;
}

/**
 * pb_nr_pages() - Count the free pages of a pageblock.
 * @pb: The pageblock.
 *
 * A block larger than the pageblock counts as one of pageblock_order; if it
 * begins in another pageblock it does not count.
 *
 * Context: Under zone->lock.
 * Return: How many pages are in the lists.
 */
static inline unsigned int pb_nr_pages(const struct pageblock *pb)
{
	unsigned int order, nr = 0;

	for (order = 0; order <= pageblock_order; order++)
		nr += (unsigned int)pb->lists[order].nr << order;
	return nr;
}

/**
 * pb_swap() - Let two large blocks change places.
 * @pb1: The pageblock of the first block.
 * @pb2: The pageblock of the second block, which has the same order.
 *
 * Context: Under zone->lock.
 */
static inline void pb_swap(struct pageblock *pb1, struct pageblock *pb2)
{
	list_swap(&pb1->lists[pageblock_order].list,
		  &pb2->lists[pageblock_order].list);
}

/**
 * frozen_list_init() - Make an empty list.
 * @list: The list.
 *
 * Context: Any.
 */
static inline void frozen_list_init(struct frozen_list *list)
{
	list->first = FREE_LINK_END;
	list->last = FREE_LINK_END;
}

/**
 * frozen_list_empty() - Is there nothing in a list?
 * @list: The list.
 *
 * Context: Under the lock of the list.
 * Return: True if so.
 */
static inline bool frozen_list_empty(const struct frozen_list *list)
{
	return list->first == FREE_LINK_END;
}

/**
 * frozen_bad_link() - Check the link of the page at one end of a list.
 * @near: This end.
 * @far: The other end.
 *
 * Context: Under the lock of the list, which is not empty.
 * Return: What is wrong, or NULL.
 */
static inline const char *
frozen_bad_link(unsigned long near, unsigned long far)
{
	unsigned long next;

	if (!free_link_is_chain(free_pfn_to_page(near)))
		return "not in a chain";
	next = free_link_chain(free_pfn_to_page(near)) ^ FREE_LINK_END;
	if (next == FREE_LINK_END)
		return near == far ? NULL : "not the last page";
	if (!free_pfn_valid(next))
		return "no next page";
	if (!free_link_is_chain(free_pfn_to_page(next)))
		return "the next page is not in a chain";
	return NULL;
}

/* There can be fewer pages in a list than were added to it. */
#define FROZEN_LISTS_CAN_BE_LOST	IS_ENABLED(CONFIG_DEBUG_LIST)

static inline bool frozen_list_valid(unsigned long near, unsigned long far)
{
	const char *bad;

	if (!IS_ENABLED(CONFIG_DEBUG_LIST) || near == FREE_LINK_END)
		return true;

	bad = frozen_bad_link(near, far);
	return !CHECK_DATA_CORRUPTION(bad, free_pfn_to_page(near),
			"frozen list corruption (pfn %#lx): %s\n", near, bad);
}

static inline void
__frozen_list_add(struct page *page, unsigned long *near, unsigned long *far)
{
	unsigned long pfn = free_page_to_pfn(page);

	/* As in frozen_list_pop(), what is there is lost. */
	if (!frozen_list_valid(*near, *far))
		*near = FREE_LINK_END;

	free_link_set_chain(page, 0, FREE_LINK_END ^ *near);
	if (*near == FREE_LINK_END)
		*far = pfn;
	else
		free_link_xor_chain(free_pfn_to_page(*near),
				    FREE_LINK_END ^ pfn);
	*near = pfn;
}

static inline struct page *
__frozen_list_pop(unsigned long *near, unsigned long *far)
{
	struct page *page = free_pfn_to_page(*near);
	bool valid = frozen_list_valid(*near, *far);
	unsigned long next = FREE_LINK_END;

	if (valid)
		next = free_link_chain(page) ^ FREE_LINK_END;
	if (next == FREE_LINK_END)
		*far = FREE_LINK_END;
	else
		free_link_xor_chain(free_pfn_to_page(next),
				    *near ^ FREE_LINK_END);
	*near = next;
	/* If it is not free, who is given it must find out. */
	if (valid || free_link_is_chain(page))
		free_link_clear(page);
	return page;
}

/**
 * frozen_list_add() - Add a page at the head of a list.
 * @list: The list.
 * @page: The page.
 *
 * Context: Under the lock of the list.
 */
static inline void frozen_list_add(struct frozen_list *list, struct page *page)
{
	__frozen_list_add(page, &list->first, &list->last);
}

/**
 * frozen_list_add_tail() - Add a page at the tail of a list.
 * @list: The list.
 * @page: The page.
 *
 * Context: Under the lock of the list.
 */
static inline void
frozen_list_add_tail(struct frozen_list *list, struct page *page)
{
	__frozen_list_add(page, &list->last, &list->first);
}

/**
 * frozen_list_pop() - Take the first page out of a list.
 * @list: The list, which is not empty.
 *
 * Context: Under the lock of the list.
 * Return: The page.
 */
static inline struct page *frozen_list_pop(struct frozen_list *list)
{
	return __frozen_list_pop(&list->first, &list->last);
}

/**
 * frozen_list_pop_tail() - Take the last page out of a list.
 * @list: The list, which is not empty.
 *
 * Context: Under the lock of the list.
 * Return: The page.
 */
static inline struct page *frozen_list_pop_tail(struct frozen_list *list)
{
	return __frozen_list_pop(&list->last, &list->first);
}

/**
 * trylock_list_push() - Add a page without a lock.
 * @list: The list.
 * @page: The page.
 * @order: Its order.
 *
 * Context: Any, including NMI.
 */
static inline void
trylock_list_push(struct trylock_list *list, struct page *page,
		  unsigned int order)
{
	struct page *first = READ_ONCE(list->first);

	do {
		free_link_set_chain(page, order,
				    first ? free_page_to_pfn(first) :
					    FREE_LINK_END);
	} while (!try_cmpxchg(&list->first, &first, page));
}

/**
 * trylock_list_empty() - Is there nothing in a list?
 * @list: The list.
 *
 * Context: Any.
 * Return: True if so.
 */
static inline bool trylock_list_empty(const struct trylock_list *list)
{
	return !READ_ONCE(list->first);
}

/**
 * trylock_list_del_all() - Take all pages out of a list.
 * @list: The list.
 *
 * Context: Any.
 * Return: Where trylock_list_pop() shall begin.
 */
static inline struct page *trylock_list_del_all(struct trylock_list *list)
{
	return xchg(&list->first, NULL);
}

/**
 * trylock_list_pop() - Get the next page of those which were taken out.
 * @next: What trylock_list_del_all() returned; changed by each call.
 * @order: Where to store the order of the page.
 *
 * Context: Any.
 * Return: The page, or NULL if there is none left.
 */
static inline struct page *
trylock_list_pop(struct page **next, unsigned int *order)
{
	struct page *page = *next;
	unsigned long pfn;

	if (!page)
		return NULL;
	pfn = free_link_chain(page);
	*next = pfn == FREE_LINK_END ? NULL : free_pfn_to_page(pfn);
	*order = free_link_order(page);
	free_link_clear(page);
	return page;
}

#endif /* _MM_FREE_LIST_H */
