/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where each struct pageblock is: behind the pageblock flags of its section,
 * or in an array of its zone if there are no sections.
 */
#ifndef _MM_PAGEBLOCK_H
#define _MM_PAGEBLOCK_H

#include <linux/align.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pageblock-flags.h>

#ifdef CONFIG_MEMDESC
#include "free_list.h"

/**
 * pageblocks_size() - How large is an array of struct pageblock?
 * @nr: Number of pageblocks.
 *
 * Context: Any.
 * Return: The size in bytes.
 */
static inline size_t pageblocks_size(unsigned long nr)
{
	return array_size(nr, sizeof(struct pageblock));
}

/**
 * pageblocks_init() - Initialise pageblocks.
 * @pb: The first one.  The memory was zeroed, or was initialised before.
 * @nr: How many.
 * @pfn: First page frame number of the first one.
 *
 * Context: Any.
 */
static inline void
pageblocks_init(struct pageblock *pb, unsigned long nr, unsigned long pfn)
{
	for (; nr--; pb++, pfn += pageblock_nr_pages)
		pb->pfn = pfn;
}

/**
 * pageblocks_empty() - Is no page of these pageblocks free?
 * @pb: The first one.
 * @nr: How many.
 *
 * Context: Nobody may free pages at the same time.
 * Return: True if all lists are empty.
 */
static inline bool pageblocks_empty(const struct pageblock *pb, unsigned long nr)
{
	unsigned int order;

	for (; nr--; pb++) {
		for (order = 0; order <= pageblock_order; order++) {
			if (pb->lists[order].nr)
				return false;
		}
	}
	return true;
}

#ifdef CONFIG_SPARSEMEM
static inline struct pageblock *usage_pageblocks(struct mem_section_usage *usage)
{
	return (struct pageblock *)(usage->pageblock_flags +
				    BITS_TO_LONGS(SECTION_BLOCKFLAGS_BITS));
}

/**
 * pfn_to_pageblock() - Find the pageblock of a page.
 * @page: The page.
 * @pfn: Its page frame number.
 *
 * Context: Any.  The page must not go away.
 * Return: The pageblock.
 */
static inline struct pageblock *
pfn_to_pageblock(const struct page *page, unsigned long pfn)
{
	struct mem_section_usage *usage = __pfn_to_section(pfn)->usage;

	pfn &= PAGES_PER_SECTION - 1;
	return usage_pageblocks(usage) + (pfn >> pageblock_order);
}

static inline void zone_init_pageblocks(struct zone *zone, void *pb,
					unsigned long nr)
{
}
#else
static inline struct pageblock *
pfn_to_pageblock(const struct page *page, unsigned long pfn)
{
	struct zone *zone = page_zone(page);

	pfn -= pageblock_start_pfn(zone->zone_start_pfn);
	return zone->pageblocks + (pfn >> pageblock_order);
}

static inline void zone_init_pageblocks(struct zone *zone, void *pb,
					unsigned long nr)
{
	zone->pageblocks = pb;
	pageblocks_init(pb, nr, pageblock_start_pfn(zone->zone_start_pfn));
}
#endif /* CONFIG_SPARSEMEM */

/**
 * pageblock_in_zone() - Do these pages belong to the zone of their pageblock?
 * @page: The first page.
 * @order: How many there are.
 *
 * The lists of a pageblock are protected by one lock: that of the zone of its
 * first page.  The other pages must stay out of the page allocator.
 *
 * Context: Any.  The memmap of this page is initialised.
 * Return: True if they do.
 */
static inline bool pageblock_in_zone(const struct page *page, unsigned int order)
{
	const struct page *first = page - page_to_pfn(page) % pageblock_nr_pages;

	if (order >= pageblock_order)
		return true;
	return !((page_memdesc(page).v ^ page_memdesc(first).v) &
		 MEMDESC_LOCATION_MASK);
}
#else
struct mem_section_usage;
struct pageblock;

static inline size_t pageblocks_size(unsigned long nr)
{
	return 0;
}

static inline void
pageblocks_init(struct pageblock *pb, unsigned long nr, unsigned long pfn)
{
}

static inline bool pageblocks_empty(const struct pageblock *pb, unsigned long nr)
{
	return true;
}

static inline struct pageblock *usage_pageblocks(struct mem_section_usage *usage)
{
	return NULL;
}

static inline void zone_init_pageblocks(struct zone *zone, void *pb,
					unsigned long nr)
{
}

static inline bool pageblock_in_zone(const struct page *page, unsigned int order)
{
	return true;
}
#endif /* CONFIG_MEMDESC */

#endif /* _MM_PAGEBLOCK_H */
