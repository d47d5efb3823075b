// SPDX-License-Identifier: GPL-2.0
/*
 * Does the memdesc word of a page say what the other fields of struct page say?
 *
 * Checked for pages which enter or leave the page allocator, where nobody else
 * may change them, and by a walk over all pages, where a difference counts only
 * if it stays.  And are all free blocks in the lists, and nothing else?
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pgtable.h>
#include <linux/poison.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "memdesc.h"
#include "page_alloc.h"

/* What the words are compared with */
page_body_begin();

/* Pages are looked at while they change; who calls this expects that. */
static unsigned int page_pgty(const struct page *page)
{
	int type = READ_ONCE(page->page_type);

	/* All others are map counts. */
	if (type >= 0 || (u32)type >> 24 < PGTY_offline)
		return PGTY_mapcount_underflow;
	return (u32)type >> 24;
}

static bool page_flag(const struct page *page, unsigned int nr)
{
	return READ_ONCE(page->flags.f) & BIT(nr);
}

static const char *check_misc(const struct page *page, const struct page *head,
			      memdesc_t d, unsigned int pgty)
{
	enum memdesc_miscs misc = memdesc_misc(d);
	static const struct {
		enum memdesc_miscs misc;
		unsigned int pgty;
	} types[] = {
		{ MEMDESC_MISC_OFFLINE, PGTY_offline },
		{ MEMDESC_MISC_KMALLOC, PGTY_large_kmalloc },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (pgty == types[i].pgty)
			return misc == types[i].misc ? NULL : "misc subtype";
		if (misc == types[i].misc)
			return "misc subtype without page_type";
	}
	if (pgty != PGTY_mapcount_underflow)
		return "MISC with page_type";
	if (page_flag(page, PG_reserved) != !!(d.v & MEMDESC_MISC_RESERVED))
		return "PG_reserved";
	if (misc == MEMDESC_MISC_BOOT && !(d.v & MEMDESC_MISC_RESERVED))
		return "boot memory not reserved";
	if (misc == MEMDESC_MISC_ZERO ? !is_zero_pfn(page_to_pfn(page)) :
					is_zero_pfn(page_to_pfn(page)))
		return "zero page";
	if (page_flag(page, PG_head) != !!(d.v & MEMDESC_HEAD))
		return "PG_head";
	if (!!PageTail(page) != !!(d.v & MEMDESC_MISC_TAIL))
		return "PageTail";
	if (d.v & (MEMDESC_HEAD | MEMDESC_MISC_TAIL) &&
	    memdesc_order(d) != compound_order(head))
		return "compound order";
	if (d.v & MEMDESC_MISC_TAIL && memdesc_ref(d))
		return "reference to a tail page";
	if (page_flag(head, PG_lru))
		return "MISC on the LRU";
	if (misc == MEMDESC_MISC_NONE && !is_zone_device_page(page) &&
	    folio_test_anon((struct folio *)head))
		return "MISC is anonymous";
	return NULL;
}

static void report_lie(const struct page *page, memdesc_t d, const char *where,
		       const char *what)
{
	pr_err("memdesc: lie (%s): %s: pfn %#lx word %#lx flags %#lx page_type %#x refcount %d\n",
	       where, what, page_to_pfn(page), d.v, page->flags.f,
	       page->page_type, page_ref_count(page));
	dump_page(page, what);
	WARN_ON_ONCE(1);
}

/* Those who look at any page must not take it for a pointer */
#define MEMDESC_POISON_MEMCG	(MEMDESC_POISON | MEMCG_DATA_OBJEXTS)

/*
 * What is not used as long as there is a descriptor.  The first word tells head
 * from tail pages, and page_type is still there for dump tools.
 */
void memdesc_poison_page(struct page *page)
{
	page->lru.prev = (void *)MEMDESC_POISON;
	page->mapping = (void *)MEMDESC_POISON;
	page->__folio_index = MEMDESC_POISON;
	page->private = MEMDESC_POISON;
#ifdef CONFIG_MEMCG
	page->memcg_data = MEMDESC_POISON_MEMCG;
#endif
}

static bool page_is_memdesc_poisoned(const struct page *page)
{
#ifdef CONFIG_MEMCG
	if (page->memcg_data != MEMDESC_POISON_MEMCG)
		return false;
#endif
	return page->lru.prev == (void *)MEMDESC_POISON &&
	       page->mapping == (void *)MEMDESC_POISON &&
	       page->__folio_index == MEMDESC_POISON &&
	       page->private == MEMDESC_POISON;
}

/* Make it what the page allocator wants to see. */
void memdesc_unpoison_page(struct page *page)
{
	if (!page_is_memdesc_poisoned(page))
		report_lie(page, page_memdesc(page), "detach",
			   "descriptor not used");
	page->mapping = NULL;
	page->__folio_index = 0;
	page->private = 0;
#ifdef CONFIG_MEMCG
	page->memcg_data = 0;
#endif
}

/*
 * The descriptor may be freed and even reused, but it is still a descriptor,
 * and the word cannot have pointed to it all the time then.
 */
static const char *check_desc(const struct page *head, memdesc_t d,
			      unsigned int pgty,
			      const struct memdesc_info *info)
{
	const void *desc = memdesc_ptr(d);
	const struct page *back;

	if (pgty != (info->pgty ?: PGTY_mapcount_underflow))
		return "page_type of descriptor";
	if (!virt_addr_valid(desc) || !IS_ALIGNED((unsigned long)desc,
						  MEMDESC_ALIGN))
		return "descriptor not in the linear map";
	switch (memdesc_type(page_memdesc(virt_to_page(desc)))) {
	case MEMDESC_SLAB:
		break;
	case MEMDESC_MISC:
		/* kfence */
		if (memdesc_type(d) == MEMDESC_SLAB)
			break;
		fallthrough;
	default:
		return "descriptor not in a slab";
	}
	/* It might not be mapped. */
	if (copy_from_kernel_nofault(&back, desc + info->page, sizeof(back)))
		return "descriptor gone";
	if (info->scattered) {
		/* There are too many pages to look for this one. */
		if (!back || memdesc_type(page_memdesc(back)) != memdesc_type(d) ||
		    memdesc_ptr(page_memdesc(back)) != desc)
			return "descriptor of other pages";
	} else if (back != head) {
		return "descriptor of another page";
	}
	if (!page_is_memdesc_poisoned(head))
		return "descriptor not used";
	/* It is in the descriptor. */
	if (memdesc_is_counted(d) && atomic_read(&head->_refcount))
		return "reference count of the page used";
	return NULL;
}

/* What is wrong with the word @d of @page, or NULL. */
static const char *memdesc_lie(const struct page *page, memdesc_t d)
{
	const struct memdesc_info *info = memdesc_type_info(memdesc_type(d));
	const struct page *head = compound_head(page);
	unsigned int pgty = page_pgty(head);

	if (PagePoisoned(page))
		return memdesc_is_uninit(d) ? NULL : "uninitialised";
	if (memdesc_is_uninit(d))
		return "initialised";
	if (memdesc_to_nid(d) != memdesc_nid(&page->flags))
		return "node";
	if (memdesc_to_zonenum(d) != memdesc_zonenum(&page->flags))
		return "zone";
	if (PageHWPoison(page) != memdesc_hwpoison(d))
		return "HWPOISON";
	if (memdesc_type(d) != MEMDESC_FOLIO &&
	    memdesc_type(d) != MEMDESC_BUDDY && d.v & MEMDESC_EXCLUSIVE)
		return "ANON_EXCLUSIVE";
	/* What is in there is of no use if there is a count elsewhere. */
	if (memdesc_has_ref(d) && atomic_read(&page->_refcount))
		return "reference count in struct page";
	/* The buddy allocator leaves traces of compound pages behind. */
	if (memdesc_type(d) == MEMDESC_BUDDY)
		pgty = page_pgty(page);
	if (info)
		return check_desc(head, d, pgty, info);

	switch (memdesc_type(d)) {
	case MEMDESC_MISC:
		return check_misc(page, head, d, pgty);
	case MEMDESC_BUDDY:
		if (pgty != PGTY_mapcount_underflow)
			return "BUDDY with page_type";
		if (memdesc_is_buddy_head(d) &&
		    memdesc_order(d) > MAX_PAGE_ORDER)
			return "buddy order";
		if (memdesc_is_buddy_head(d) && d.v & MEMDESC_BUDDY_CHAIN)
			return "in the buddy lists and in a chain";
		/* Another name of PG_uptodate */
		if (page_flag(page, PG_reported) && memdesc_is_buddy_head(d))
			return "PG_reported";
		if (page_ref_count(page))
			return "BUDDY with references";
		if (PageCompound(page))
			return "BUDDY is compound";
		return NULL;
	case MEMDESC_FOLIO:
		if (pgty != PGTY_mapcount_underflow && pgty != PGTY_hugetlb)
			return "FOLIO with page_type";
		if (memdesc_ref(d))
			return "reference count in the word of a FOLIO";
		if (folio_test_anon((struct folio *)head) &&
		    pgty != PGTY_hugetlb &&
		    page_flag(page, PG_anon_exclusive) !=
		    !!(d.v & MEMDESC_EXCLUSIVE))
			return "PG_anon_exclusive";
		return NULL;
	default:
		return "type";
	}
}

/*
 * For pages that nobody else can change, but for HWPOISON, which comes after
 * PG_hwpoison.
 */
static bool check_owned(const struct page *page, const char *where)
{
	const char *what;
	memdesc_t d;
	int i;

	for (i = 0; i < 1000; i++) {
		d = page_memdesc(page);
		what = memdesc_lie(page, d);
		if (!what || PageHWPoison(page) == memdesc_hwpoison(d))
			break;
		cpu_relax();
	}
	if (what)
		report_lie(page, d, where, what);
	return !what;
}

/* Called before the words become MISC: free, but in no list. */
void memdesc_check_alloc(const struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		memdesc_t d = page_memdesc(page + i);

		if (memdesc_type(d) != MEMDESC_BUDDY ||
		    memdesc_is_buddy_head(d) || memdesc_is_chain(d)) {
			report_lie(page + i, d, "alloc", "not free, or in a list");
			return;
		}
		if (!check_owned(page + i, "alloc"))
			return;
	}
}

/*
 * Called before anything is reset: the owners must have detached theirs, but
 * for those whose pages can be given back by somebody else.  Balloon pages may
 * have a last reference from migration.
 */
void memdesc_check_free(const struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		memdesc_t d = page_memdesc(page + i);

		switch (memdesc_type(d)) {
		case MEMDESC_FOLIO:
			break;
		case MEMDESC_MISC:
			if (memdesc_misc(d) == MEMDESC_MISC_NONE ||
			    memdesc_misc(d) == MEMDESC_MISC_OFFLINE ||
			    memdesc_misc(d) == MEMDESC_MISC_VMALLOC ||
			    memdesc_misc(d) == MEMDESC_MISC_PERCPU ||
			    memdesc_misc(d) == MEMDESC_MISC_HWPOISON)
				break;
			fallthrough;
		default:
			report_lie(page + i, d, "free", "still in use");
			return;
		}
		if (!check_owned(page + i, "free"))
			return;
	}
}

/*
 * Nothing is locked here, and word and fields are not written together.  But
 * those who write them do so without sleeping in between, so a difference which
 * is still there after some time is a lie.
 */
static bool check_unowned(const struct page *page)
{
	const char *what;
	memdesc_t d;
	int i;

	for (i = 0;; i++) {
		scoped_guard(rcu) {
			d = page_memdesc(page);
			what = memdesc_lie(page, d);
		}
		if (!what || i == 20)
			break;
		if (i > 10)
			msleep(20);
		else
			cond_resched();
	}
	if (what)
		report_lie(page, d, "walk", what);
	return !what;
}

/* The blocks of one order in one pageblock, under zone->lock */
static const char *pb_list_lie(struct zone *zone, struct pageblock *pb,
			       unsigned int order, int mt, struct page **page)
{
	const struct pb_list *n = pb_list_of(pb, order);
	struct page *base = pfn_to_page(pb->pfn);
	unsigned int idx = n->first, nr;
	const char *bad;

	*page = base;
	if (page_zone(base) != zone)
		return "pageblock on a list of another zone";
	/* The zone may begin after the first page of the pageblock. */
	if (get_pfnblock_migratetype(base + idx, pb->pfn + idx) != mt)
		return "pageblock on the list of another migratetype";
	if (!n->nr)
		return "pageblock with no such block on a list";

	for (nr = 1; nr <= n->nr; nr++) {
		*page = base + idx;
		if (idx & ((1UL << min(order, pageblock_order)) - 1))
			return "block is not aligned";
		if (!pageblock_in_zone(*page, order))
			return "block is not in the zone of its pageblock";
		bad = pb_bad_links(pb, *page, idx, order);
		if (bad)
			return bad;
		if (idx == n->last)
			return nr == n->nr ? NULL : "fewer blocks than nr";
		idx = free_link_next(*page);
	}
	return "more blocks than nr";
}

/* All lists of one order */
static bool check_free_area(struct zone *zone, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	unsigned long nr = 0;
	struct page *page;
	const char *what;
	int mt;

	guard(spinlock_irqsave)(&zone->lock);
	for (mt = 0; mt < MIGRATE_TYPES; mt++) {
		struct pb_list *n;

		list_for_each_entry(n, &area->free_list[mt], list) {
			what = pb_list_lie(zone, pb_list_pageblock(n, order),
					   order, mt, &page);
			if (what) {
				report_lie(page, page_memdesc(page), "list",
					   what);
				return false;
			}
			nr += n->nr;
		}
	}
	if (nr == area->nr_free)
		return true;
	pr_err("memdesc: lie (list): zone %s order %u: nr_free %lu but %lu blocks\n",
	       zone->name, order, area->nr_free, nr);
	WARN_ON_ONCE(1);
	return false;
}

/* Every block must be in a list. */
static bool check_pageblock(struct zone *zone, unsigned long pfn)
{
	unsigned int nr[pageblock_order + 1] = {}, order;
	struct page *base = pfn_to_page(pfn);
	struct pageblock *pb;
	unsigned long i;

	guard(spinlock_irqsave)(&zone->lock);
	pb = pfn_to_pageblock(base, pfn);
	for (i = 0; i < pageblock_nr_pages; i++) {
		memdesc_t d = page_memdesc(base + i);

		if (memdesc_is_buddy_head(d))
			nr[min(memdesc_order(d), pageblock_order)]++;
	}
	for (order = 0; order <= pageblock_order; order++) {
		if (nr[order] != pb->lists[order].nr || pb->pfn != pfn) {
			report_lie(base, page_memdesc(base), "list",
				   "block in no list");
			return false;
		}
	}
	return true;
}

static unsigned long check_lists(struct zone *zone)
{
	unsigned long pfn, lies = 0;
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		lies += !check_free_area(zone, order);

	for (pfn = pageblock_align(zone->zone_start_pfn);
	     pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages) {
		struct page *page;

		get_online_mems();
		page = pfn_to_online_page(pfn);
		if (page && page_zone(page) == zone)
			lies += !check_pageblock(zone, pfn);
		put_online_mems();
		cond_resched();
	}
	return lies;
}

static int memdesc_check_show(struct seq_file *m, void *v)
{
	unsigned long pfn, nr = 0, lies = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		for (pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);
		     pfn++) {
			struct page *page;

			/* Let hotplug in now and then */
			get_online_mems();
			page = pfn_to_online_page(pfn);
			if (page && page_zone(page) == zone) {
				nr++;
				lies += !check_unowned(page);
			}
			put_online_mems();
			if (!(pfn % MAX_ORDER_NR_PAGES))
				cond_resched();
		}
		lies += check_lists(zone);
	}
	seq_printf(m, "checked %lu pages, %lu lies\n", nr, lies);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(memdesc_check);

static int __init memdesc_check_init(void)
{
	debugfs_create_file("memdesc_check", 0400, NULL, NULL,
			    &memdesc_check_fops);
	return 0;
}
late_initcall(memdesc_check_init);

page_body_end();
