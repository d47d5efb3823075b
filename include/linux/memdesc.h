/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memdesc word: what a page is, in eight bytes.
 *
 * Everything that is known about the layout of the word stands in this file.
 * See Documentation/mm/memdesc.rst for the rules of reading and writing it.
 */
#ifndef _LINUX_MEMDESC_H
#define _LINUX_MEMDESC_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/page-flags-layout.h>
#include <linux/types.h>
#include <asm/page.h>

/**
 * typedef memdesc_t - What a page is and where it is.
 * @v: The word.  Use the helpers; only this file knows the bits.
 *
 * ::
 *
 *   63                                 18 17      9 8    6   5   4 3    0
 *  +-------------------------------------+---------+------+---+---+------+
 *  |          depends on the type        |  node   | zone | E | P | type |
 *  +-------------------------------------+---------+------+---+---+------+
 *
 * P is HWPOISON, which may be set on a page of any type at any time.  E is
 * ANON_EXCLUSIVE for folios, and something else for free pages.  The node and the
 * zone are in every word, so that page_to_nid() and page_zone() are a load, a
 * shift and a mask whatever the page is.  The boundaries move if there are
 * more than 512 nodes, see __MEMDESC_PTR_SHIFT().
 */
typedef struct {
	unsigned long v;
} memdesc_t;

/**
 * enum memdesc_types - The type of a page.
 * @MEMDESC_MISC: No descriptor; all there is to know is in the word.  Includes
 *    what alloc_pages() returns.  An all-zero word is of this type.
 * @MEMDESC_BUDDY: Free: in the buddy allocator, on a per-cpu list, or on its
 *    way between these.
 * @MEMDESC_FOLIO: Part of a folio.
 * @MEMDESC_SLAB: Part of a slab.
 * @MEMDESC_PTDESC: Page table.
 * @MEMDESC_SCAMEM: Scattered memory: vmalloc memory which may be mapped to
 *    userspace, or for which somebody is charged.
 * @MEMDESC_BUMP: Owned by a page_pool.
 * @MEMDESC_ZPDESC: Owned by zsmalloc.
 * @MEMDESC_MANAGED: Pages with state of their owner: accounted allocations,
 *    drivers.
 * @MEMDESC_UNUSED: Never set.  x86 fills unused parts of the memmap with 0xfd.
 * @MEMDESC_UNINIT: The memmap has not been initialised; the word is ~0UL.
 *
 * The values are not ABI.
 */
enum memdesc_types {
	MEMDESC_MISC		= 0,
	MEMDESC_BUDDY		= 1,
	MEMDESC_FOLIO		= 2,
	MEMDESC_SLAB		= 3,
	MEMDESC_PTDESC		= 4,
	MEMDESC_SCAMEM		= 5,
	MEMDESC_BUMP		= 6,
	MEMDESC_ZPDESC		= 7,
	MEMDESC_MANAGED		= 8,
	MEMDESC_UNUSED		= 13,
	MEMDESC_UNINIT		= 15,
	/* private: */
	MEMDESC_NR_TYPES
};

/**
 * enum memdesc_miscs - The subtype of a MEMDESC_MISC page.
 * @MEMDESC_MISC_NONE: Nobody said.  Drivers, pipes, kernel stacks, ...
 * @MEMDESC_MISC_BOOT: Reserved at boot, or a hole; the page allocator has
 *    never seen it.
 * @MEMDESC_MISC_ZERO: The zero page.
 * @MEMDESC_MISC_GUARD: debug_pagealloc guard page.
 * @MEMDESC_MISC_OFFLINE: Logically offline: ballooned, or in a memory block
 *    that is being brought online.
 * @MEMDESC_MISC_KMALLOC: kmalloc() memory too large for a slab.
 * @MEMDESC_MISC_PERCPU: Backs a per-cpu chunk.
 * @MEMDESC_MISC_VMALLOC: vmalloc() memory.
 * @MEMDESC_MISC_HWPOISON: Poisoned and taken out of the page allocator.
 * @MEMDESC_MISC_UNACCEPTED: Must be accepted by the guest before it is touched.
 * @MEMDESC_MISC_DEVICE: ZONE_DEVICE page without a folio.
 *
 * The values are not ABI.
 */
enum memdesc_miscs {
	MEMDESC_MISC_NONE,
	MEMDESC_MISC_BOOT,
	MEMDESC_MISC_ZERO,
	MEMDESC_MISC_GUARD,
	MEMDESC_MISC_OFFLINE,
	MEMDESC_MISC_KMALLOC,
	MEMDESC_MISC_PERCPU,
	MEMDESC_MISC_VMALLOC,
	MEMDESC_MISC_HWPOISON,
	MEMDESC_MISC_UNACCEPTED,
	MEMDESC_MISC_DEVICE,
	/* private: */
	MEMDESC_NR_MISC
};

#define MEMDESC_TYPE_BITS	4
#define MEMDESC_TYPE_MASK	(BIT(MEMDESC_TYPE_BITS) - 1)
#define MEMDESC_HWPOISON_BIT	4
#define MEMDESC_HWPOISON	BIT(MEMDESC_HWPOISON_BIT)
#define MEMDESC_EXCLUSIVE_BIT	5
#define MEMDESC_EXCLUSIVE	BIT(MEMDESC_EXCLUSIVE_BIT)
#define MEMDESC_ZONE_SHIFT	6

/*
 * The layout as a function of the widths of zone and node, so that the layouts
 * of other configurations can be tested.  Three bits of zone and nine of node
 * are always set aside, so that dump tools see one layout on all but the
 * largest machines.  Ten bits of node (MAXSMP) take the spare zone bit if there
 * is one, else they move the pointer up by one bit.
 */
#define __MEMDESC_ZONE_BITS(zones, nodes) ((nodes) > 9 && (zones) < 3 ? 2 : 3)
#define __MEMDESC_NODE_BITS(nodes) ((nodes) > 9 ? (nodes) : 9)
#define __MEMDESC_NODE_SHIFT(zones, nodes) \
	(MEMDESC_ZONE_SHIFT + __MEMDESC_ZONE_BITS(zones, nodes))
#define __MEMDESC_PTR_SHIFT(zones, nodes) \
	(__MEMDESC_NODE_SHIFT(zones, nodes) + __MEMDESC_NODE_BITS(nodes))

#define __MEMDESC_ZONE_MASK(zones, nodes) \
	(BIT(__MEMDESC_NODE_SHIFT(zones, nodes)) - BIT(MEMDESC_ZONE_SHIFT))
#define __MEMDESC_NODE_MASK(zones, nodes) \
	(BIT(__MEMDESC_PTR_SHIFT(zones, nodes)) - \
	 BIT(__MEMDESC_NODE_SHIFT(zones, nodes)))

/* Descriptors are aligned to, and counted in units of, 64 bytes. */
#define MEMDESC_ALIGN_SHIFT	6
#define MEMDESC_ALIGN		BIT(MEMDESC_ALIGN_SHIFT)

#define MEMDESC_PTR_SHIFT	__MEMDESC_PTR_SHIFT(ZONES_WIDTH, NODES_SHIFT)
#define MEMDESC_LOCATION_MASK	\
	(__MEMDESC_ZONE_MASK(ZONES_WIDTH, NODES_SHIFT) | \
	 __MEMDESC_NODE_MASK(ZONES_WIDTH, NODES_SHIFT))

/* How far above PAGE_OFFSET a descriptor may be: 4 PiB, 2 PiB with MAXSMP */
#define MEMDESC_REACH_BITS	(64 - MEMDESC_PTR_SHIFT + MEMDESC_ALIGN_SHIFT)

/*
 * The order is in the same place in MISC and BUDDY words, so that a single
 * read gives a type and an order that belong together.
 */
#define MEMDESC_ORDER_SHIFT	MEMDESC_PTR_SHIFT
#define MEMDESC_ORDER_BITS	5
#define MEMDESC_ORDER_MASK	\
	((BIT(MEMDESC_ORDER_BITS) - 1) << MEMDESC_ORDER_SHIFT)
/* First page of a compound MISC allocation, or of a block in the buddy lists */
#define MEMDESC_HEAD		BIT(MEMDESC_ORDER_SHIFT + 5)

#define MEMDESC_MISC_TAIL	BIT(MEMDESC_ORDER_SHIFT + 6)
#define MEMDESC_MISC_RESERVED	BIT(MEMDESC_ORDER_SHIFT + 7)
#define MEMDESC_MISC_PFMEMALLOC	BIT(MEMDESC_ORDER_SHIFT + 8)
#define MEMDESC_MISC_SHIFT	(MEMDESC_ORDER_SHIFT + 9)
#define MEMDESC_MISC_BITS	4
#define MEMDESC_MISC_MASK	\
	((BIT(MEMDESC_MISC_BITS) - 1) << MEMDESC_MISC_SHIFT)
#define MEMDESC_REF_SHIFT	32

/*
 * A free page is in one of three states.  In the buddy lists it has HEAD and
 * two links, each the index of a page in the same pageblock.  In a chain (per-
 * cpu lists, compaction) it has CHAIN and a link made of page frame numbers,
 * for which there must be as many bits as for a pointer.  Else it is inside a
 * block, or on its way.
 */
#define MEMDESC_BUDDY_REPORTED	BIT(MEMDESC_ORDER_SHIFT + 6)
#define MEMDESC_PREV_SHIFT	32
#define MEMDESC_NEXT_SHIFT	48
#define MEMDESC_BUDDY_CHAIN	MEMDESC_EXCLUSIVE
#define MEMDESC_CHAIN_SHIFT	(MEMDESC_ORDER_SHIFT + 6)
#define MEMDESC_CHAIN_END	(~0UL >> MEMDESC_CHAIN_SHIFT)

/* What survives every rewrite of a word: where the page is, and the poison. */
#define MEMDESC_KEEP		(MEMDESC_LOCATION_MASK | MEMDESC_HWPOISON)

#ifdef CONFIG_MEMDESC
static_assert(sizeof(memdesc_t) == 8);
static_assert(MEMDESC_NR_TYPES <= BIT(MEMDESC_TYPE_BITS));
static_assert(MEMDESC_NR_MISC <= BIT(MEMDESC_MISC_BITS));
static_assert(ZONES_WIDTH <= __MEMDESC_ZONE_BITS(ZONES_WIDTH, NODES_SHIFT));
static_assert(NODES_SHIFT <= __MEMDESC_NODE_BITS(NODES_SHIFT));
static_assert(MEMDESC_MISC_SHIFT + MEMDESC_MISC_BITS <= MEMDESC_REF_SHIFT);
/* 52 bits is what x86-64 (LA57) and arm64 (LPA2) can address. */
static_assert(NODES_SHIFT > 9 || MEMDESC_REACH_BITS >= 52);
static_assert(MEMDESC_REACH_BITS >= 51);
static_assert(64 - MEMDESC_CHAIN_SHIFT + PAGE_SHIFT >= MEMDESC_REACH_BITS);
static_assert(BIT(MEMDESC_PREV_SHIFT) > MEMDESC_BUDDY_REPORTED);
#endif

/* Masks by the real width: a node or zone that cannot be is constant zero. */
static __always_inline unsigned long
__memdesc_get_zone(unsigned long v, unsigned int zones)
{
	return (v >> MEMDESC_ZONE_SHIFT) & (BIT(zones) - 1);
}

static __always_inline unsigned long __memdesc_put_zone(unsigned long zone)
{
	return zone << MEMDESC_ZONE_SHIFT;
}

static __always_inline unsigned long
__memdesc_get_node(unsigned long v, unsigned int zones, unsigned int nodes)
{
	return (v >> __MEMDESC_NODE_SHIFT(zones, nodes)) & (BIT(nodes) - 1);
}

static __always_inline unsigned long
__memdesc_put_node(unsigned long nid, unsigned int zones, unsigned int nodes)
{
	return nid << __MEMDESC_NODE_SHIFT(zones, nodes);
}

static __always_inline unsigned long
__memdesc_get_ptr(unsigned long v, unsigned int zones, unsigned int nodes)
{
	return v >> __MEMDESC_PTR_SHIFT(zones, nodes) << MEMDESC_ALIGN_SHIFT;
}

static __always_inline unsigned long
__memdesc_put_ptr(unsigned long offset, unsigned int zones, unsigned int nodes)
{
	return offset >> MEMDESC_ALIGN_SHIFT <<
		__MEMDESC_PTR_SHIFT(zones, nodes);
}

/**
 * memdesc_type() - Say what kind of page a word describes.
 * @d: The word.
 *
 * Context: Any.  A walker which does not own the page must read the word once
 *    and decide on that value.
 * Return: The type; values without a name are possible if the word is corrupt.
 */
static __always_inline enum memdesc_types memdesc_type(memdesc_t d)
{
	return d.v & MEMDESC_TYPE_MASK;
}

/**
 * memdesc_is_uninit() - Was this word ever written?
 * @d: The word.
 *
 * Context: Any.
 * Return: True if the memmap has not been initialised here.  Nothing else in
 *    such a word may be looked at; in particular it seems to be poisoned.
 */
static __always_inline bool memdesc_is_uninit(memdesc_t d)
{
	return d.v == ~0UL;
}

/**
 * memdesc_to_zonenum() - Decode the zone.
 * @d: The word.
 *
 * Context: Any.
 * Return: The index of the zone in its node.
 */
static __always_inline unsigned int memdesc_to_zonenum(memdesc_t d)
{
	return __memdesc_get_zone(d.v, ZONES_WIDTH);
}

/**
 * memdesc_to_nid() - Decode the node.
 * @d: The word.
 *
 * Context: Any.
 * Return: The node ID.
 */
static __always_inline int memdesc_to_nid(memdesc_t d)
{
	return __memdesc_get_node(d.v, ZONES_WIDTH, NODES_SHIFT);
}

/**
 * memdesc_set_zonenum() - Change the zone in a word.
 * @d: The word.
 * @zone: Index of the zone in its node.
 *
 * Context: Any.
 * Return: The word with the new zone.
 */
static __always_inline memdesc_t
memdesc_set_zonenum(memdesc_t d, unsigned int zone)
{
	d.v &= ~__MEMDESC_ZONE_MASK(ZONES_WIDTH, NODES_SHIFT);
	d.v |= __memdesc_put_zone(zone);
	return d;
}

/**
 * memdesc_set_nid() - Change the node in a word.
 * @d: The word.
 * @nid: Node ID.
 *
 * Context: Any.
 * Return: The word with the new node.
 */
static __always_inline memdesc_t memdesc_set_nid(memdesc_t d, unsigned int nid)
{
	d.v &= ~__MEMDESC_NODE_MASK(ZONES_WIDTH, NODES_SHIFT);
	d.v |= __memdesc_put_node(nid, ZONES_WIDTH, NODES_SHIFT);
	return d;
}

/**
 * memdesc_hwpoison() - Is the page poisoned?
 * @d: The word.
 *
 * Context: Any.
 * Return: True if the page holds a memory error.
 */
static __always_inline bool memdesc_hwpoison(memdesc_t d)
{
	return !memdesc_is_uninit(d) && d.v & MEMDESC_HWPOISON;
}

/**
 * memdesc_order() - Decode the order of a MISC or BUDDY page.
 * @d: The word.
 *
 * For BUDDY it means something only if memdesc_is_buddy_head().
 *
 * Context: Any.
 * Return: The order of the allocation this page was part of, or of the free
 *    block.  It is in range even if the word is stale.
 */
static __always_inline unsigned int memdesc_order(memdesc_t d)
{
	return (d.v & MEMDESC_ORDER_MASK) >> MEMDESC_ORDER_SHIFT;
}

/**
 * memdesc_is_buddy_head() - Is this the first page of a block in the buddy
 *    lists?
 * @d: The word.
 *
 * Context: Any.  The answer is stable under zone->lock only.
 * Return: True if it is.
 */
static __always_inline bool memdesc_is_buddy_head(memdesc_t d)
{
	return (d.v & (MEMDESC_TYPE_MASK | MEMDESC_HEAD)) ==
		(MEMDESC_BUDDY | MEMDESC_HEAD);
}

/**
 * memdesc_is_chain() - Is this the first page of a block in a chain?
 * @d: The word.
 *
 * Context: Any.  The answer is stable for who owns the chain only.
 * Return: True if it is.
 */
static __always_inline bool memdesc_is_chain(memdesc_t d)
{
	return (d.v & (MEMDESC_TYPE_MASK | MEMDESC_HEAD | MEMDESC_BUDDY_CHAIN)) ==
		(MEMDESC_BUDDY | MEMDESC_BUDDY_CHAIN);
}

/**
 * memdesc_chain() - Decode the link of a page in a chain.
 * @d: The word.  Must be memdesc_is_chain().
 *
 * Context: Any.
 * Return: What memdesc_mk_chain() was given.
 */
static __always_inline unsigned long memdesc_chain(memdesc_t d)
{
	return d.v >> MEMDESC_CHAIN_SHIFT;
}

/**
 * memdesc_misc() - Decode the subtype of a MISC page.
 * @d: The word.  Must be of type MEMDESC_MISC.
 *
 * Context: Any.
 * Return: The subtype.
 */
static __always_inline enum memdesc_miscs memdesc_misc(memdesc_t d)
{
	return (d.v & MEMDESC_MISC_MASK) >> MEMDESC_MISC_SHIFT;
}

/**
 * memdesc_is_misc() - Is this a MISC page of that subtype?
 * @d: The word.
 * @misc: The subtype.
 *
 * Context: Any.
 * Return: True if it is.
 */
static __always_inline bool memdesc_is_misc(memdesc_t d, enum memdesc_miscs misc)
{
	return (d.v & (MEMDESC_TYPE_MASK | MEMDESC_MISC_MASK)) ==
		(MEMDESC_MISC | (unsigned long)misc << MEMDESC_MISC_SHIFT);
}

/**
 * memdesc_mk_misc() - Build the type dependent part of a MISC word.
 * @misc: The subtype.
 * @order: Order of the allocation.
 *
 * Context: Any.
 * Return: Type, subtype and order; no location.
 */
static __always_inline unsigned long
memdesc_mk_misc(enum memdesc_miscs misc, unsigned int order)
{
	return MEMDESC_MISC | (unsigned long)misc << MEMDESC_MISC_SHIFT |
		(unsigned long)order << MEMDESC_ORDER_SHIFT;
}

/**
 * memdesc_mk_buddy() - Build the type dependent part of a BUDDY word.
 * @order: Order of the block.
 *
 * Context: Any.
 * Return: Type and order; neither the location nor MEMDESC_HEAD.
 */
static __always_inline unsigned long memdesc_mk_buddy(unsigned int order)
{
	return MEMDESC_BUDDY | (unsigned long)order << MEMDESC_ORDER_SHIFT;
}

/**
 * memdesc_mk_head() - Build the word of a block in the buddy lists.
 * @order: Order of the block.
 * @prev: Index in the pageblock of the block before this.
 * @next: Index in the pageblock of the block after this.
 *
 * Context: Any.
 * Return: Type, order, head and links; no location.
 */
static __always_inline unsigned long
memdesc_mk_head(unsigned int order, u16 prev, u16 next)
{
	return memdesc_mk_buddy(order) | MEMDESC_HEAD |
		(unsigned long)((u64)prev << MEMDESC_PREV_SHIFT |
				(u64)next << MEMDESC_NEXT_SHIFT);
}

/**
 * memdesc_mk_chain() - Build the word of a block in a chain.
 * @order: Order of the block.
 * @link: The link, not above MEMDESC_CHAIN_END.
 *
 * Context: Any.
 * Return: Type, order and link; no location.
 */
static __always_inline unsigned long
memdesc_mk_chain(unsigned int order, unsigned long link)
{
	return memdesc_mk_buddy(order) | MEMDESC_BUDDY_CHAIN |
		link << MEMDESC_CHAIN_SHIFT;
}

/*
 * One constant for dump tools, and 4- and 5-level paging in one binary.
 * Written with two shifts: that is four instructions on x86-64 and on arm64.
 */
#define MEMDESC_BASE		((unsigned long)PAGE_OFFSET)

/*
 * Descriptors of these types have a reference count, and all of them have it in
 * the same place.
 */
#define MEMDESC_COUNTED_TYPES	\
	(BIT(MEMDESC_SCAMEM) | BIT(MEMDESC_BUMP) | BIT(MEMDESC_ZPDESC))
#define MEMDESC_REFCOUNT_OFFSET	8

/**
 * memdesc_ptr() - Decode the pointer to the descriptor.
 * @d: The word.  Its type must be one that has a descriptor.
 *
 * Context: Any, but what the pointer points to may be reused unless the caller
 *    holds a reference or has followed the lookup protocol.
 * Return: The address of the descriptor.
 */
static __always_inline void *memdesc_ptr(memdesc_t d)
{
	return (void *)(MEMDESC_BASE +
			__memdesc_get_ptr(d.v, ZONES_WIDTH, NODES_SHIFT));
}

/**
 * memdesc_mk_ptr() - Build the type dependent part of a word with descriptor.
 * @type: The type of the descriptor.
 * @desc: The descriptor: in the linear map and aligned to MEMDESC_ALIGN.
 *    Static objects and those of vmalloc() or per-cpu memory will not do.
 *
 * Context: Any.
 * Return: Type and pointer; no location.
 */
static __always_inline unsigned long
memdesc_mk_ptr(enum memdesc_types type, const void *desc)
{
	unsigned long offset = (unsigned long)desc - MEMDESC_BASE;

	return type | __memdesc_put_ptr(offset, ZONES_WIDTH, NODES_SHIFT);
}

/**
 * memdesc_is_counted() - Is there a reference count in the descriptor?
 * @d: The word.
 *
 * Context: Any.
 * Return: True if the word points to a descriptor which has a reference count.
 */
static __always_inline bool memdesc_is_counted(memdesc_t d)
{
	return BIT(memdesc_type(d)) & MEMDESC_COUNTED_TYPES;
}

/**
 * memdesc_refcount() - Find the reference count in a descriptor.
 * @d: The word.  memdesc_is_counted() must be true.
 *
 * Context: Any, but the caller must own a reference, or follow the lookup
 *    protocol as memdesc_try_get() does.
 * Return: The reference count.
 */
static __always_inline atomic_t *memdesc_refcount(memdesc_t d)
{
	return memdesc_ptr(d) + MEMDESC_REFCOUNT_OFFSET;
}

#ifdef CONFIG_MEMDESC

/*
 * The reference count of MISC pages is in the upper half of the word.  An
 * overflow then reaches no neighbour, and get and put are one instruction on
 * that half.  Mixing 32-bit and 64-bit atomics on one word is fine on the
 * architectures that have CONFIG_MEMDESC; qspinlock does the same.
 */
#define MEMDESC_REF_MASK	GENMASK_ULL(63, MEMDESC_REF_SHIFT)
#define MEMDESC_REF_SATURATED	(INT_MIN / 2)
#define MEMDESC_REF_SATURATED_BITS	\
	((unsigned long)MEMDESC_REF_SATURATED << MEMDESC_REF_SHIFT)

static __always_inline atomic_t *__memdesc_refp(memdesc_t *p)
{
	return (atomic_t *)p + 1;
}

/**
 * memdesc_has_ref() - Is there a reference count in the word?
 * @d: The word.
 *
 * Context: Any.
 * Return: True if it is.
 */
static __always_inline bool memdesc_has_ref(memdesc_t d)
{
	return memdesc_type(d) == MEMDESC_MISC;
}

/**
 * memdesc_ref() - Read the reference count of a MISC page.
 * @d: The word.  Must be of type MEMDESC_MISC.
 *
 * Context: Any.
 * Return: The count; negative if it is saturated.
 */
static __always_inline int memdesc_ref(memdesc_t d)
{
	return d.v >> MEMDESC_REF_SHIFT;
}

/**
 * memdesc_store_low() - Change all of a word but its reference count.
 * @p: The word.
 * @v: The lower half of the new one.
 *
 * Whatever happens to the reference count at the same time is not lost.  What
 * happens to the lower half is.
 *
 * Context: Any.  The caller owns the page.
 */
static __always_inline void memdesc_store_low(memdesc_t *p, u32 v)
{
	WRITE_ONCE(*(u32 *)p, v);
}

/**
 * memdesc_ref_inc() - Take another reference to a MISC page.
 * @p: The word.  The caller must hold a reference.
 *
 * A count that overflows is saturated: the page is leaked, not reused.
 *
 * Context: Any.
 */
static __always_inline void memdesc_ref_inc(memdesc_t *p)
{
	if (unlikely(atomic_add_negative_relaxed(1, __memdesc_refp(p))))
		atomic_set(__memdesc_refp(p), MEMDESC_REF_SATURATED);
}

/**
 * memdesc_ref_add() - Take more references to a MISC page.
 * @p: The word.  The caller must hold a reference.
 * @nr: How many, not negative.
 *
 * Context: Any.
 */
static __always_inline void memdesc_ref_add(memdesc_t *p, int nr)
{
	int old = atomic_fetch_add_relaxed(nr, __memdesc_refp(p));

	if (unlikely(old < 0 || old > INT_MAX - nr))
		atomic_set(__memdesc_refp(p), MEMDESC_REF_SATURATED);
}

/**
 * memdesc_ref_sub_and_test() - Drop references to a MISC page.
 * @p: The word.  The caller must hold these references.
 * @nr: How many.
 *
 * Context: Any.
 * Return: True if these were the last references.  Never for a saturated count.
 */
static __always_inline bool memdesc_ref_sub_and_test(memdesc_t *p, int nr)
{
	int old = atomic_fetch_sub_release(nr, __memdesc_refp(p));

	if (old == nr) {
		smp_acquire__after_ctrl_dep();
		return true;
	}
	if (unlikely(old < nr))
		atomic_set(__memdesc_refp(p), MEMDESC_REF_SATURATED);
	return false;
}

/**
 * memdesc_ref_add_not_zero() - Take references to what may be a MISC page.
 * @p: The word.  The caller need not hold a reference.
 * @nr: How many.
 *
 * Type and count are checked and changed together, so the page cannot become
 * something else in between.
 *
 * Context: Any.
 * Return: True if the page is of type MISC and references were taken.
 */
static inline bool memdesc_ref_add_not_zero(memdesc_t *p, int nr)
{
	memdesc_t old = { READ_ONCE(p->v) };
	unsigned long new;

	do {
		int ref = memdesc_ref(old);

		if (memdesc_type(old) != MEMDESC_MISC || !ref)
			return false;
		if (unlikely(ref < 0))
			return true;
		new = old.v + ((unsigned long)nr << MEMDESC_REF_SHIFT);
		if (unlikely(ref > INT_MAX - nr))
			new = (u32)old.v | MEMDESC_REF_SATURATED_BITS;
	} while (!try_cmpxchg(&p->v, &old.v, new));

	return true;
}

/**
 * memdesc_set_bits() - Set bits of a word, whatever else happens to it.
 * @p: The word.
 * @bits: The bits to set.
 *
 * Context: Any, including NMI.
 */
static __always_inline void memdesc_set_bits(memdesc_t *p, unsigned long bits)
{
	atomic_long_or(bits, (atomic_long_t *)&p->v);
}

/**
 * memdesc_clear_bits() - Clear bits of a word, whatever else happens to it.
 * @p: The word.
 * @bits: The bits to clear.
 *
 * Context: Any, including NMI.
 */
static __always_inline void memdesc_clear_bits(memdesc_t *p, unsigned long bits)
{
	atomic_long_andnot(bits, (atomic_long_t *)&p->v);
}

/**
 * memdesc_replace() - Change some fields of a word, keeping the others.
 * @p: The word.
 * @keep: Mask of the bits to keep.
 * @set: New value of the other bits.
 *
 * Nothing that is kept is lost, whoever sets it at the same time.
 *
 * Context: Any.
 * Return: The word as it was before.
 */
static __always_inline memdesc_t
memdesc_replace(memdesc_t *p, unsigned long keep, unsigned long set)
{
	memdesc_t old = { READ_ONCE(p->v) };

	while (!try_cmpxchg(&p->v, &old.v, (old.v & keep) | set))
		;
	return old;
}

struct page;

void __memdesc_hwpoison(struct page *page, bool set);
void __memdesc_reserved(struct page *page, bool set);
void __memdesc_unaccepted(struct page *page, bool set);
void __memdesc_page_type(struct page *page, unsigned int pgty, bool set);

void memdesc_hwpoison_enable(void);
void memdesc_dump(const struct page *page);
void memdesc_attach(struct page *page, enum memdesc_types type);
void memdesc_attach_tail(struct page *page, enum memdesc_types type);
void memdesc_detach(struct page *page);
void memdesc_attach_desc(struct page *page, unsigned int order,
			 enum memdesc_types type, void *desc);
void memdesc_detach_desc(struct page *page, unsigned int order);
void memdesc_add_pages(struct page *page, unsigned long nr,
		       enum memdesc_types type, void *desc);
void memdesc_remove_pages(struct page *page, unsigned long nr);
bool memdesc_try_get(struct page *page, int nr);
int memdesc_count(const struct page *page);
void memdesc_set_misc(struct page *page, unsigned long nr,
		      enum memdesc_miscs misc);
#else
struct page;

static inline void memdesc_hwpoison_enable(void)
{
}

static inline void memdesc_dump(const struct page *page)
{
}

static inline void memdesc_attach(struct page *page, enum memdesc_types type)
{
}

static inline void
memdesc_attach_tail(struct page *page, enum memdesc_types type)
{
}

static inline void memdesc_detach(struct page *page)
{
}

static inline void
memdesc_set_misc(struct page *page, unsigned long nr, enum memdesc_miscs misc)
{
}
#endif /* CONFIG_MEMDESC */

#endif /* _LINUX_MEMDESC_H */
