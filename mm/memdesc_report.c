// SPDX-License-Identifier: GPL-2.0
/*
 * What the memory of this machine is used for, and what it costs to know:
 * /sys/kernel/debug/memdesc
 */
#include <linux/debugfs.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "internal.h"
#include "memdesc.h"
#include "pageblock.h"

/* What struct page has been on 64-bit systems for decades. */
#define CLASSIC_PAGE_SIZE	64UL

struct memdesc_report {
	unsigned long spanned;		/* pages which have a struct page */
	unsigned long uninit;
	unsigned long pages[1 << MEMDESC_TYPE_BITS];
	unsigned long descs[1 << MEMDESC_TYPE_BITS];
	unsigned long misc[1 << MEMDESC_MISC_BITS];
	unsigned long reserved;
	unsigned long hwpoison;
	unsigned long exclusive;
	unsigned long blocks;		/* in the buddy lists */
};

static const char * const type_names[1 << MEMDESC_TYPE_BITS] = {
	[MEMDESC_MISC]		= "misc",
	[MEMDESC_BUDDY]		= "buddy",
	[MEMDESC_FOLIO]		= "folio",
	[MEMDESC_SLAB]		= "slab",
	[MEMDESC_PTDESC]	= "ptdesc",
	[MEMDESC_SCAMEM]	= "scamem",
	[MEMDESC_BUMP]		= "bump",
	[MEMDESC_ZPDESC]	= "zpdesc",
	[MEMDESC_MANAGED]	= "managed",
	[MEMDESC_UNUSED]	= "unused",
	[MEMDESC_UNINIT]	= "uninit",
};

static const char * const misc_names[1 << MEMDESC_MISC_BITS] = {
	[MEMDESC_MISC_NONE]	  = "none",
	[MEMDESC_MISC_BOOT]	  = "boot",
	[MEMDESC_MISC_ZERO]	  = "zero",
	[MEMDESC_MISC_GUARD]	  = "guard",
	[MEMDESC_MISC_OFFLINE]	  = "offline",
	[MEMDESC_MISC_KMALLOC]	  = "kmalloc",
	[MEMDESC_MISC_PERCPU]	  = "percpu",
	[MEMDESC_MISC_VMALLOC]	  = "vmalloc",
	[MEMDESC_MISC_HWPOISON]	  = "hwpoison",
	[MEMDESC_MISC_UNACCEPTED] = "unaccepted",
	[MEMDESC_MISC_DEVICE]	  = "device",
};

/* The descriptors of these are still in struct page; how large they are. */
static const unsigned int desc_size[1 << MEMDESC_TYPE_BITS] = {
	[MEMDESC_FOLIO]		= sizeof(struct page),
};

static void count_page(struct memdesc_report *r, const struct page *page)
{
	memdesc_t d = page_memdesc(page);
	enum memdesc_types type = memdesc_type(d);

	r->spanned++;
	r->pages[type]++;
	if (memdesc_is_uninit(d))
		return;
	if (memdesc_hwpoison(d))
		r->hwpoison++;

	switch (type) {
	case MEMDESC_MISC:
		r->misc[memdesc_misc(d)]++;
		if (d.v & MEMDESC_MISC_RESERVED)
			r->reserved++;
		break;
	case MEMDESC_BUDDY:
		if (memdesc_is_buddy_head(d))
			r->blocks++;
		break;
	case MEMDESC_FOLIO:
		if (d.v & MEMDESC_EXCLUSIVE)
			r->exclusive++;
		fallthrough;
	default:
		if (memdesc_is_first(page))
			r->descs[type]++;
		break;
	}
}

static void count_pages(struct memdesc_report *r)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long pfn;

		for (pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);
		     pfn++) {
			struct page *page;

			/* Let hotplug in now and then */
			get_online_mems();
			page = pfn_to_online_page(pfn);
			if (page && page_zone(page) == zone)
				count_page(r, page);
			put_online_mems();
			if (!(pfn % MAX_ORDER_NR_PAGES))
				cond_resched();
		}
	}
}

/*
 * The pages are counted one after the other while the system runs, so the
 * numbers are not those of a single moment.
 */
static int memdesc_show(struct seq_file *m, void *v)
{
	struct memdesc_report *r = kzalloc(sizeof(*r), GFP_KERNEL);
	unsigned long memmap, classic, descs = 0;
	int i;

	if (!r)
		return -ENOMEM;
	count_pages(r);

	/* Allocations as counted page by page, descriptors as attached */
	seq_puts(m, "type           pages        kB  allocations  descriptors     bytes\n");
	for (i = 0; i < ARRAY_SIZE(r->pages); i++) {
		const struct memdesc_info *info = memdesc_type_info(i);

		if (!r->pages[i] && !type_names[i])
			continue;
		seq_printf(m, "%-8s %11lu %9lu", type_names[i] ?: "?",
			   r->pages[i], r->pages[i] << (PAGE_SHIFT - 10));
		if (info) {
			unsigned long nr = memdesc_nr_descs(i);

			seq_printf(m, " %12lu %12lu %9lu", r->descs[i], nr,
				   nr * info->size);
			descs += nr * info->size;
		} else if (desc_size[i]) {
			seq_printf(m, " %12lu %12lu %9lu", r->descs[i],
				   r->descs[i], r->descs[i] * desc_size[i]);
		}
		seq_putc(m, '\n');
	}

	seq_puts(m, "\nmisc           pages        kB\n");
	for (i = 0; i < ARRAY_SIZE(r->misc); i++) {
		if (!r->misc[i] && !misc_names[i])
			continue;
		seq_printf(m, "%-10s %9lu %9lu\n", misc_names[i] ?: "?",
			   r->misc[i], r->misc[i] << (PAGE_SHIFT - 10));
	}

	memmap = r->spanned * sizeof(struct page);
	classic = r->spanned * CLASSIC_PAGE_SIZE;
	seq_printf(m, "\nreserved pages          %12lu\n", r->reserved);
	seq_printf(m, "hwpoison pages          %12lu\n", r->hwpoison);
	seq_printf(m, "anon exclusive pages    %12lu\n", r->exclusive);
	seq_printf(m, "free blocks             %12lu\n", r->blocks);
	seq_printf(m, "pages                   %12lu\n", r->spanned);
	seq_printf(m, "sizeof(struct page)     %12zu\n", sizeof(struct page));
	seq_printf(m, "memmap bytes            %12lu\n", memmap);
	/* All of the memory, if its pageblocks begin and end with it */
	seq_printf(m, "pageblock bytes         %12zu\n",
		   pageblocks_size(r->spanned >> pageblock_order));
	/* Others are still in the memmap. */
	seq_printf(m, "descriptor bytes        %12lu\n", descs);
	seq_printf(m, "with 64-byte pages      %12lu\n", classic);
	kfree(r);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(memdesc);

static int __init memdesc_report_init(void)
{
	debugfs_create_file("memdesc", 0400, NULL, NULL, &memdesc_fops);
	return 0;
}
late_initcall(memdesc_report_init);
