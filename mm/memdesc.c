// SPDX-License-Identifier: GPL-2.0
/*
 * Keeping the memdesc word of every page true.
 *
 * The layout of the word is in include/linux/memdesc.h; the rules are in
 * Documentation/mm/memdesc.rst.
 */
#include <kunit/visibility.h>
#include <linux/bump.h>
#include <linux/export.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>
#include <linux/unroll.h>
#include <linux/vmcore_info.h>

#include "memdesc.h"
#include "pageblock.h"
#include "scamem.h"
#include "slab.h"
#include "zpdesc.h"

/* The types which have left struct page */
const struct memdesc_info memdesc_infos[MEMDESC_TYPE_MASK + 1] = {
	[MEMDESC_PTDESC] = {
		.size = sizeof(struct ptdesc),
		.page = offsetof(struct ptdesc, pt_page),
		.pgty = PGTY_table,
	},
	[MEMDESC_SLAB] = {
		.size = sizeof(struct slab),
		.page = offsetof(struct slab, page),
		.pgty = PGTY_slab,
	},
	[MEMDESC_SCAMEM] = {
		.size = sizeof(struct scamem),
		.page = offsetof(struct scamem, page),
		.free = scamem_free_deferred,
		.scattered = true,
	},
#ifdef CONFIG_PAGE_POOL
	[MEMDESC_BUMP] = {
		.size = sizeof(struct bump),
		.page = offsetof(struct bump, page),
		.free = bump_free,
	},
#endif
#if IS_ENABLED(CONFIG_ZSMALLOC)
	[MEMDESC_ZPDESC] = {
		.size = sizeof(struct zpdesc),
		.page = offsetof(struct zpdesc, page),
		.pgty = PGTY_zsmalloc,
		.free = zpdesc_free,
	},
#endif
};

static DEFINE_PER_CPU(unsigned long, memdesc_nr[MEMDESC_NR_TYPES]);

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

static void rewrite_low(struct page *page, unsigned long nr,
			unsigned long keep, unsigned long set)
{
	while (nr) {
		unsigned long i, chunk = min(nr, 512UL);

		guard(preempt)();
		for (i = 0; i < chunk; i++)
			memdesc_rewrite_low(&page[i].memdesc, keep, set);
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
	rewrite_low(page, 1, keep, set | MEMDESC_HEAD);
	rewrite_low(page + 1, (1UL << order) - 1, keep,
		    set | MEMDESC_MISC_TAIL);
}

/* An allocation becomes 1 << @order allocations of single pages. */
void __memdesc_split(struct page *page, unsigned int order)
{
	rewrite_low(page, 1UL << order, ~MEMDESC_ORDER_MASK, 0);
}

/**
 * memdesc_attach() - Change the type of an allocation.
 * @page: Its first page.  All pages of a compound page are changed.
 * @type: The new type, not MISC or BUDDY.
 *
 * Pages which become a folio must not have references: those are in the word,
 * and whoever has one may be about to change their number there.
 *
 * Context: Any.  The caller owns the pages: nobody else may change the type.
 */
void memdesc_attach(struct page *page, enum memdesc_types type)
{
	memdesc_t d = page_memdesc(page);

	VM_WARN_ON_ONCE(type == MEMDESC_MISC || type == MEMDESC_BUDDY);
	VM_WARN_ON_ONCE(memdesc_type_info(type));
	VM_WARN_ON_ONCE(memdesc_type(d) == MEMDESC_MISC && memdesc_ref(d));

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

/*
 * The words become as they were when the allocation was made, which is how the
 * page allocator wants them back.
 */
static void detach_words(struct page *page, unsigned int order)
{
	unsigned long set = memdesc_mk_misc(MEMDESC_MISC_NONE, order);

	/* ZONE_DEVICE; and kfence may use memory which was reserved at boot. */
	if (PageReserved(page))
		set |= MEMDESC_MISC_RESERVED;
	if (order) {
		__memdesc_fill(page + 1, (1UL << order) - 1,
			       set | MEMDESC_MISC_TAIL);
		set |= MEMDESC_HEAD;
	}

	__memdesc_rewrite(page, 1, MEMDESC_KEEP, set);
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
	detach_words(page, compound_order(page));
}

static struct page **desc_page(const struct memdesc_info *info, void *desc)
{
	return desc + info->page;
}

/**
 * memdesc_attach_desc() - Give the pages of an allocation a descriptor.
 * @page: The first page.
 * @order: Order of the allocation.
 * @type: The type, one which has a struct memdesc_info.
 * @desc: The descriptor.  All that a lockless reader may look at must be
 *    initialised, but for the pointer to the page and the reference count, if
 *    there is one.
 *
 * Cannot fail: whoever needs a descriptor allocates it first.  There must be no
 * references: use frozen pages, or freeze them.
 *
 * Context: Any.  The caller owns the pages: nobody else may change the type.
 */
void memdesc_attach_desc(struct page *page, unsigned int order,
			 enum memdesc_types type, void *desc)
{
	const struct memdesc_info *info = memdesc_type_info(type);

	VM_WARN_ON_ONCE(memdesc_type(page_memdesc(page)) != MEMDESC_MISC);
	VM_WARN_ON_ONCE(memdesc_ref(page_memdesc(page)));
	VM_WARN_ON_ONCE(!IS_ALIGNED((unsigned long)desc, MEMDESC_ALIGN));
	VM_WARN_ON_ONCE(!virt_addr_valid(desc));

	*desc_page(info, desc) = page;
	memdesc_poison_page(page);
	if (info->pgty)
		__page_set_type(page, info->pgty);
	this_cpu_inc(memdesc_nr[type]);

	/* Readers depend on the address in the word. */
	smp_wmb();
	__memdesc_fill(page, 1UL << order, memdesc_mk_ptr(type, desc));
}

/**
 * memdesc_detach_desc() - Take the descriptor of an allocation away.
 * @page: The first page.
 * @order: Order of the allocation.
 *
 * The words are then as they were when the allocation was made.  Next the
 * descriptor has to be freed, and after that the pages.
 *
 * Context: Any.  The caller owns the pages: nobody else may change the type.
 */
void memdesc_detach_desc(struct page *page, unsigned int order)
{
	memdesc_t d = page_memdesc(page);
	enum memdesc_types type = memdesc_type(d);
	const struct memdesc_info *info = memdesc_type_info(type);

	if (WARN_ON_ONCE(!info))
		return;

	detach_words(page, order);
	/*
	 * The descriptor may be reused at once.  Who sees what is stored there
	 * and then looks at the word again sees that it has changed.
	 */
	smp_wmb();
	this_cpu_dec(memdesc_nr[type]);
	if (info->pgty)
		__page_clear_type(page);
	memdesc_unpoison_page(page);
	*desc_page(info, memdesc_ptr(d)) = NULL;
}

/**
 * memdesc_add_pages() - Let more pages have a descriptor.
 * @page: The first of some contiguous pages, which are allocations of order 0.
 * @nr: How many.
 * @type: The type, one whose struct memdesc_info says scattered.
 * @desc: The descriptor.  As for memdesc_attach_desc(), if these are its first
 *    pages.
 *
 * Cannot fail.  There must be no references to the pages.
 *
 * Context: Any.  The caller owns the pages and the descriptor.
 */
void memdesc_add_pages(struct page *page, unsigned long nr,
		       enum memdesc_types type, void *desc)
{
	struct page **first = desc_page(memdesc_type_info(type), desc);
	unsigned long i;

	VM_WARN_ON_ONCE(memdesc_type(page_memdesc(page)) != MEMDESC_MISC);
	VM_WARN_ON_ONCE(memdesc_ref(page_memdesc(page)));

	if (!*first) {
		VM_WARN_ON_ONCE(!IS_ALIGNED((unsigned long)desc, MEMDESC_ALIGN));
		VM_WARN_ON_ONCE(!virt_addr_valid(desc));
		*first = page;
		this_cpu_inc(memdesc_nr[type]);
	}
	for (i = 0; i < nr; i++)
		memdesc_poison_page(page + i);

	/* Readers depend on the address in the word. */
	smp_wmb();
	__memdesc_rewrite(page, nr, MEMDESC_KEEP, memdesc_mk_ptr(type, desc));
}

/**
 * memdesc_remove_pages() - Take the descriptor of some pages away.
 * @page: The first of some contiguous pages with the same descriptor.
 * @nr: How many.
 *
 * They are MISC pages of order 0 again.  Without its first page the descriptor
 * must lose all pages.
 *
 * Context: Any.  The caller owns the pages and the descriptor.
 */
void memdesc_remove_pages(struct page *page, unsigned long nr)
{
	memdesc_t d = page_memdesc(page);
	enum memdesc_types type = memdesc_type(d);
	const struct memdesc_info *info = memdesc_type_info(type);
	struct page **first;
	unsigned long i;

	if (WARN_ON_ONCE(!info || !info->scattered))
		return;

	__memdesc_rewrite(page, nr, MEMDESC_KEEP,
			  memdesc_mk_misc(MEMDESC_MISC_NONE, 0));
	for (i = 0; i < nr; i++)
		memdesc_unpoison_page(page + i);

	first = desc_page(info, memdesc_ptr(d));
	if (*first == page) {
		*first = NULL;
		this_cpu_dec(memdesc_nr[type]);
	}
}

/* Which page, and what else there is to know of it alone, does not matter. */
static bool memdesc_same_desc(memdesc_t a, memdesc_t b)
{
	return !((a.v ^ b.v) & ~(MEMDESC_KEEP | MEMDESC_EXCLUSIVE));
}

/**
 * memdesc_try_get() - Take references to the descriptor of a page.
 * @page: Any page.
 * @nr: How many.
 *
 * For get_page_unless_zero() and the like, of pages whose word has just said
 * that there is such a descriptor.  A page with a reference keeps its type and
 * its descriptor; put_page() gives the reference back.
 *
 * Context: Any.  The caller need not own anything.
 * Return: True if there are @nr more references.  False if the page has no
 *    descriptor with a reference count any more, or the count is zero.
 */
bool memdesc_try_get(struct page *page, int nr)
{
	atomic_t *refcount;
	memdesc_t d;

	/* The descriptor may be freed, but it stays a descriptor. */
	guard(rcu)();
	d = page_memdesc(page);
	if (!memdesc_is_counted(d))
		return false;
	refcount = memdesc_refcount(d);
	/* A full barrier if it succeeds: the word is read again after that. */
	if (!atomic_add_unless(refcount, nr, 0))
		return false;
	if (likely(memdesc_same_desc(page_memdesc(page), d)))
		return true;

	/* By now it describes something else, which the owner may have freed. */
	if (atomic_sub_and_test(nr, refcount))
		memdesc_type_info(memdesc_type(d))->free(memdesc_ptr(d));
	return false;
}
EXPORT_SYMBOL(memdesc_try_get);

/**
 * memdesc_count() - Read the reference count in the descriptor of a page.
 * @page: Any page.
 *
 * Context: Any.  The caller need not own anything.
 * Return: The number of references, which may be that of another page if the
 *    caller has none.  Zero if there is no such descriptor any more.
 */
int memdesc_count(const struct page *page)
{
	memdesc_t d;

	guard(rcu)();
	d = page_memdesc(page);
	if (!memdesc_is_counted(d))
		return 0;
	return atomic_read(memdesc_refcount(d));
}
EXPORT_SYMBOL(memdesc_count);

/* The rest of memdesc_put_last() */
bool __memdesc_put_last(struct page *page)
{
	memdesc_t d = page_memdesc(page);

	memdesc_type_info(memdesc_type(d))->free(memdesc_ptr(d));
	return true;
}

/**
 * memdesc_is_first() - Is this the first page of those with its descriptor?
 * @page: Any page.
 *
 * Context: Any.  The caller need not own anything, and then the result may be
 *    wrong.
 * Return: True for one page of each allocation, or of each scattered memory.
 */
bool memdesc_is_first(const struct page *page)
{
	const struct memdesc_info *info;
	memdesc_t d;

	if (PageTail(page))
		return false;

	guard(rcu)();
	d = page_memdesc(page);
	info = memdesc_type_info(memdesc_type(d));
	if (!info || !info->scattered)
		return true;
	return READ_ONCE(*desc_page(info, memdesc_ptr(d))) == page;
}

/* How many descriptors of this type are attached, more or less. */
unsigned long memdesc_nr_descs(enum memdesc_types type)
{
	unsigned long nr = 0;
	int cpu;

	/* Counted down on another CPU than up: only the sum means something. */
	for_each_possible_cpu(cpu)
		nr += per_cpu(memdesc_nr[type], cpu);
	return nr;
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

	rewrite_low(page, nr, ~MEMDESC_MISC_MASK, memdesc_mk_misc(misc, 0));
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
 * memdesc_dump() - Print the word and the descriptor of a page.
 * @page: The page, or a copy of it.
 *
 * Context: Any.  Nobody needs to own the page, and its word need not make sense.
 */
void memdesc_dump(const struct page *page)
{
	unsigned long raw[MEMDESC_ALIGN / sizeof(unsigned long)];
	memdesc_t d = page_memdesc(page);
	const struct memdesc_info *info = memdesc_type_info(memdesc_type(d));
	unsigned int i;

	pr_warn("memdesc: %#lx%s\n", d.v,
		memdesc_is_buddy_head(d) ? " in the buddy lists" :
		memdesc_type(d) == MEMDESC_BUDDY ? " free" : "");
	if (!info)
		return;

	for (i = 0; i < info->size; i += sizeof(raw)) {
		if (copy_from_kernel_nofault(raw, memdesc_ptr(d) + i,
					     sizeof(raw))) {
			pr_warn("descriptor cannot be read\n");
			return;
		}
		print_hex_dump(KERN_WARNING, "descriptor: ", DUMP_PREFIX_NONE,
			       32, sizeof(unsigned long), raw, sizeof(raw),
			       false);
	}
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
	}
}
EXPORT_SYMBOL(__memdesc_page_type);
