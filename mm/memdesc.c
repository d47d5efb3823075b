// SPDX-License-Identifier: GPL-2.0
/*
 * Keeping the memdesc word of every page true.
 *
 * The layout of the word is in include/linux/memdesc.h; the rules are in
 * Documentation/mm/memdesc.rst.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/unroll.h>
#include <linux/vmcore_info.h>

#include "memdesc.h"
#include "pageblock.h"

/*
 * Rewriting the words of a page must not lose HWPOISON, which may be set at any
 * time.  That takes a cmpxchg, and 512 of these for a THP.  But few machines
 * ever see a memory error, so as long as there was none, load and store do.
 */
DEFINE_STATIC_KEY_FALSE(memdesc_hwpoison_key);
EXPORT_SYMBOL_IF_KUNIT(memdesc_hwpoison_key);

/**
 * memdesc_hwpoison_enable() - Prepare for the first poisoned page.
 *
 * Must be called before HWPOISON is set on a page, and by drivers on whose
 * behalf the machine check handler may set it.  When it returns, whoever read a
 * word to rewrite it the cheap way has done so.
 *
 * Context: Process context, may sleep.  No locks of mm may be held.
 */
void memdesc_hwpoison_enable(void)
{
	static DEFINE_MUTEX(lock);
	static bool enabled;

	guard(mutex)(&lock);
	if (enabled)
		return;

	static_branch_enable(&memdesc_hwpoison_key);
	synchronize_rcu();
	enabled = true;
}

/* Called for each change of PG_hwpoison, from any context including NMI. */
void __memdesc_hwpoison(struct page *page, bool set)
{
	if (set) {
		/* A machine check that panics does not care. */
		VM_WARN_ON_ONCE(!in_nmi() &&
				!static_key_enabled(&memdesc_hwpoison_key));
		memdesc_set_bits(&page->memdesc, MEMDESC_HWPOISON);
	} else {
		memdesc_clear_bits(&page->memdesc, MEMDESC_HWPOISON);
	}
}
EXPORT_SYMBOL(__memdesc_hwpoison);

/*
 * Called for each change of PG_reserved.  Only MISC words have this flag; who
 * reserves a page of another type changes nothing.
 */
void __memdesc_reserved(struct page *page, bool set)
{
	memdesc_t old = page_memdesc(page);
	unsigned long new;

	do {
		if (memdesc_type(old) != MEMDESC_MISC)
			return;
		new = old.v | MEMDESC_MISC_RESERVED;
		if (!set) {
			new = old.v & ~MEMDESC_MISC_RESERVED;
			if (memdesc_misc(old) == MEMDESC_MISC_BOOT)
				new &= ~MEMDESC_MISC_MASK;
		}
		if (new == old.v)
			return;
	} while (!try_cmpxchg(&page->memdesc.v, &old.v, new));
}
EXPORT_SYMBOL(__memdesc_reserved);

/*
 * Rewrite @nr words: keep the bits in @keep, replace all others by @set.
 * In chunks, so that a gigantic page does not keep preemption off for long.
 */
void __memdesc_rewrite(struct page *page, unsigned long nr,
		       unsigned long keep, unsigned long set)
{
	while (nr) {
		unsigned long i, chunk = min(nr, 512UL);

		guard(preempt)();
		for (i = 0; i < chunk; i++)
			memdesc_rewrite_one(&page[i].memdesc, keep, set);
		page += chunk;
		nr -= chunk;
	}
}

/*
 * Rewrite @nr words, all but HWPOISON and where the page is.  That is the same
 * for all pages of an allocation: as long as nothing is poisoned there is no
 * need to read more than one word.
 */
void __memdesc_fill(struct page *page, unsigned long nr, unsigned long set)
{
	while (nr) {
		unsigned long i, word, chunk = min(nr, 512UL);

		guard(preempt)();
		word = (READ_ONCE(page->memdesc.v) & MEMDESC_KEEP) | set;
		if (static_branch_unlikely(&memdesc_hwpoison_key)) {
			for (i = 0; i < chunk; i++)
				memdesc_replace(&page[i].memdesc, MEMDESC_KEEP, set);
		} else {
			unrolled_count(4)
			for (i = 0; i < chunk; i++) {
				VM_WARN_ON_ONCE((page[i].memdesc.v ^ word) &
						MEMDESC_KEEP);
				WRITE_ONCE(page[i].memdesc.v, word);
			}
		}
		page += chunk;
		nr -= chunk;
	}
}

/* The words of an allocation with __GFP_COMP. */
void __memdesc_fill_compound(struct page *page, unsigned int order)
{
	unsigned long set = memdesc_mk_misc(MEMDESC_MISC_NONE, order);

	__memdesc_fill(page, 1, set | MEMDESC_HEAD);
	__memdesc_fill(page + 1, (1UL << order) - 1, set | MEMDESC_MISC_TAIL);
}

/*
 * Called by prep_compound_page().  The words of a compound page that is not
 * fresh from the page allocator have a better type already: split folios.
 */
void __memdesc_prep_compound(struct page *page, unsigned int order)
{
	unsigned long keep = ~(MEMDESC_ORDER_MASK | MEMDESC_HEAD |
			       MEMDESC_MISC_TAIL);
	unsigned long set = memdesc_mk_misc(MEMDESC_MISC_NONE, order);
	memdesc_t d = page_memdesc(page);

	if (memdesc_type(d) != MEMDESC_MISC || d.v & MEMDESC_HEAD)
		return;

	/* Subtype and flags stay: ZONE_DEVICE pages have some already. */
	__memdesc_rewrite(page, 1, keep, set | MEMDESC_HEAD);
	__memdesc_rewrite(page + 1, (1UL << order) - 1, keep,
			  set | MEMDESC_MISC_TAIL);
}

/* An allocation becomes 1 << @order allocations of single pages. */
void __memdesc_split(struct page *page, unsigned int order)
{
	__memdesc_rewrite(page, 1UL << order, ~MEMDESC_ORDER_MASK, 0);
}

/**
 * memdesc_attach() - Change the type of an allocation.
 * @page: Its first page.  All pages of a compound page are changed.
 * @type: The new type, not MISC or BUDDY.
 *
 * Context: Any.  The caller owns the pages: nobody else may change the type.
 */
void memdesc_attach(struct page *page, enum memdesc_types type)
{
	VM_WARN_ON_ONCE(type == MEMDESC_MISC || type == MEMDESC_BUDDY);

	__memdesc_fill(page, compound_nr(page), type);
}

/**
 * memdesc_attach_tail() - Let a page have the type of the others.
 * @page: A tail page, initialised after memdesc_attach() of the head page.
 * @type: The type of the head page.
 *
 * Context: Any.  The caller owns the pages: nobody else may change the type.
 */
void memdesc_attach_tail(struct page *page, enum memdesc_types type)
{
	__memdesc_rewrite(page, 1, MEMDESC_KEEP, type);
}

/**
 * memdesc_detach() - Make an allocation MISC again.
 * @page: Its first page.  All pages of a compound page are changed.
 *
 * The words are then as they were when the allocation was made, which is how
 * the page allocator wants them back.
 *
 * Context: Any.  The caller owns the pages: nobody else may change the type.
 */
void memdesc_detach(struct page *page)
{
	unsigned int order = compound_order(page);
	unsigned long set = memdesc_mk_misc(MEMDESC_MISC_NONE, order);

	/* ZONE_DEVICE; and kfence may use memory which was reserved at boot. */
	if (PageReserved(page))
		set |= MEMDESC_MISC_RESERVED;
	if (!order) {
		__memdesc_rewrite(page, 1, MEMDESC_KEEP, set);
		return;
	}

	__memdesc_rewrite(page, 1, MEMDESC_KEEP, set | MEMDESC_HEAD);
	__memdesc_fill(page + 1, (1UL << order) - 1, set | MEMDESC_MISC_TAIL);
}

/**
 * memdesc_set_misc() - Set the subtype of MISC pages.
 * @page: The first page.
 * @nr: How many pages, whether they are compound or not.
 * @misc: The new subtype.
 *
 * Context: Any.  The caller owns the pages: nobody else may change the type.
 */
void memdesc_set_misc(struct page *page, unsigned long nr,
		      enum memdesc_miscs misc)
{
	VM_WARN_ON_ONCE(memdesc_type(page_memdesc(page)) != MEMDESC_MISC);

	__memdesc_rewrite(page, nr, ~MEMDESC_MISC_MASK,
			  memdesc_mk_misc(misc, 0));
}

/* Called for each change of PageUnaccepted, under zone->lock. */
void __memdesc_unaccepted(struct page *page, bool set)
{
	enum memdesc_miscs misc = set ? MEMDESC_MISC_UNACCEPTED :
					MEMDESC_MISC_NONE;

	__memdesc_rewrite(page, MAX_ORDER_NR_PAGES, MEMDESC_KEEP,
			  memdesc_mk_misc(misc, MAX_PAGE_ORDER));
}

/**
 * memdesc_dump() - Print the word of a page.
 * @page: The page, or a copy of it.
 *
 * Context: Any.
 */
void memdesc_dump(const struct page *page)
{
	memdesc_t d = page_memdesc(page);

	pr_warn("memdesc: %#lx%s\n", d.v,
		memdesc_is_buddy_head(d) ? " in the buddy lists" :
		memdesc_type(d) == MEMDESC_BUDDY ? " free" : "");
}

/**
 * memdesc_vmcoreinfo() - Tell dump tools how to find free pages.
 *
 * Either by the word of each page; or by walking free_area.free_list[], where
 * each node is the list member of struct pb_list number
 * min(order, pageblock_order) in a struct pageblock.
 *
 * Context: Process context, at boot.
 */
void __init memdesc_vmcoreinfo(void)
{
	if (!IS_ENABLED(CONFIG_VMCORE_INFO))
		return;

	VMCOREINFO_OFFSET(page, memdesc);
	VMCOREINFO_NUMBER(MEMDESC_TYPE_MASK);
	VMCOREINFO_NUMBER(MEMDESC_BUDDY);
	VMCOREINFO_NUMBER(MEMDESC_HEAD);
	VMCOREINFO_NUMBER(MEMDESC_ORDER_SHIFT);
	VMCOREINFO_NUMBER(MEMDESC_ORDER_MASK);
	VMCOREINFO_NUMBER(MEMDESC_PREV_SHIFT);
	VMCOREINFO_NUMBER(MEMDESC_NEXT_SHIFT);
	VMCOREINFO_NUMBER(pageblock_order);
	VMCOREINFO_STRUCT_SIZE(pageblock);
	VMCOREINFO_OFFSET(pageblock, pfn);
	VMCOREINFO_OFFSET(pageblock, lists);
	VMCOREINFO_STRUCT_SIZE(pb_list);
	VMCOREINFO_OFFSET(pb_list, list);
	VMCOREINFO_OFFSET(pb_list, first);
	VMCOREINFO_OFFSET(pb_list, last);
	VMCOREINFO_OFFSET(pb_list, nr);
}

/* Called for each change of page_type, after it was set or cleared. */
void __memdesc_page_type(struct page *page, unsigned int pgty, bool set)
{
	enum memdesc_miscs misc;

	switch (pgty) {
	case PGTY_offline:
		misc = set ? MEMDESC_MISC_OFFLINE : MEMDESC_MISC_NONE;
		memdesc_set_misc(page, 1, misc);
		break;
	case PGTY_large_kmalloc:
		misc = set ? MEMDESC_MISC_KMALLOC : MEMDESC_MISC_NONE;
		memdesc_set_misc(page, compound_nr(page), misc);
		break;
	case PGTY_hugetlb:
		/* What was a hugetlb folio is still a folio. */
		if (set)
			memdesc_attach(page, MEMDESC_FOLIO);
		break;
	case PGTY_table:
		if (set)
			memdesc_attach(page, MEMDESC_PTDESC);
		else
			memdesc_detach(page);
		break;
	case PGTY_slab:
		if (set)
			memdesc_attach(page, MEMDESC_SLAB);
		else
			memdesc_detach(page);
		break;
	case PGTY_zsmalloc:
		if (set)
			memdesc_attach(page, MEMDESC_ZPDESC);
		else
			memdesc_detach(page);
		break;
	}
}
EXPORT_SYMBOL(__memdesc_page_type);
