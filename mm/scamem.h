/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scattered memory: pages from anywhere, with one descriptor for all of them.
 */
#ifndef _MM_SCAMEM_H
#define _MM_SCAMEM_H

#include <linux/bits.h>
#include <linux/llist.h>
#include <linux/memdesc.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

struct obj_cgroup;

/**
 * enum scamem_flags - What there is to know of scattered memory.
 * @SCAMEM_USER: It was made to be mapped to userspace.
 */
enum scamem_flags {
	SCAMEM_USER	= BIT(0),
};

#ifdef CONFIG_MEMDESC
/**
 * struct scamem - The descriptor of scattered memory.
 * @page: The first page.  NULL if there is none.
 * @refcount: One reference is that of the vmalloc area.  Each page table entry
 *    of userspace has one, each pin, and whoever did a get_page().
 * @flags: enum scamem_flags.
 * @nr: Number of pages.
 * @pages: All pages, in the order of their virtual addresses.  The array may be
 *    vmalloc memory itself.  The free pointer while the descriptor is free.
 * @objcg: Who is charged with them, or NULL.  There is a reference if @charged is
 *    not 0.
 * @charged: How many pages were charged.
 * @free_node: For who drops the last reference and cannot free the pages.
 *
 * 56 bytes are used.  Readers without a reference look at @page and @refcount.
 */
struct scamem {
	struct page *page;
	atomic_t refcount;
	unsigned int flags;
	unsigned long nr;
	struct page **pages;
	struct obj_cgroup *objcg;
	unsigned long charged;
	struct llist_node free_node;
} __aligned(MEMDESC_ALIGN);

static_assert(sizeof(struct scamem) == 64);
static_assert(offsetof(struct scamem, refcount) == MEMDESC_REFCOUNT_OFFSET);

void __init scamem_init(void);
struct scamem *scamem_alloc(struct page **pages, unsigned int flags,
			    struct obj_cgroup *objcg, gfp_t gfp, int nid);
bool scamem_charge(struct scamem *scamem, gfp_t gfp, unsigned int nr);
void scamem_add_pages(struct scamem *scamem, struct page *page,
		      unsigned long nr);
void scamem_publish(struct scamem *scamem);
bool scamem_freeze(struct scamem *scamem);
void scamem_trim(struct scamem *scamem, unsigned long nr);
void scamem_put(struct scamem *scamem);
void scamem_free_deferred(void *desc);

/**
 * page_is_kernel_vmalloc() - Is this vmalloc memory of the kernel alone?
 * @page: The page.
 *
 * Context: Any.  The caller has a reference.
 * Return: True if the page is vmalloc memory which must not be mapped to
 *    userspace.
 */
static inline bool page_is_kernel_vmalloc(const struct page *page)
{
	const struct scamem *scamem;
	memdesc_t d = page_memdesc(page);

	switch (memdesc_type(d)) {
	case MEMDESC_MISC:
		return memdesc_misc(d) == MEMDESC_MISC_VMALLOC;
	case MEMDESC_SCAMEM:
		scamem = memdesc_ptr(d);
		return !(scamem->flags & SCAMEM_USER);
	default:
		return false;
	}
}

static inline struct scamem *vm_area_scamem(const struct vm_struct *area)
{
	return area->scamem;
}

static inline void
vm_area_set_scamem(struct vm_struct *area, struct scamem *scamem)
{
	area->scamem = scamem;
}
#else
static inline void scamem_init(void)
{
}

static inline struct scamem *
scamem_alloc(struct page **pages, unsigned int flags, struct obj_cgroup *objcg,
	     gfp_t gfp, int nid)
{
	return NULL;
}

static inline bool
scamem_charge(struct scamem *scamem, gfp_t gfp, unsigned int nr)
{
	return true;
}

static inline void
scamem_add_pages(struct scamem *scamem, struct page *page, unsigned long nr)
{
}

static inline void scamem_publish(struct scamem *scamem)
{
}

static inline bool scamem_freeze(struct scamem *scamem)
{
	return true;
}

static inline void scamem_trim(struct scamem *scamem, unsigned long nr)
{
}

static inline void scamem_put(struct scamem *scamem)
{
}

static inline bool page_is_kernel_vmalloc(const struct page *page)
{
	return false;
}

static inline struct scamem *vm_area_scamem(const struct vm_struct *area)
{
	return NULL;
}

static inline void
vm_area_set_scamem(struct vm_struct *area, struct scamem *scamem)
{
}
#endif /* CONFIG_MEMDESC */

#endif /* _MM_SCAMEM_H */
