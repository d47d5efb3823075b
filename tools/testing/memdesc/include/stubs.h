/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mm/free_list.h and include/linux/memdesc.h need of the kernel and what is
 * not in tools/include.  The headers in linux/ which include this do so in place
 * of the kernel's.
 */
#ifndef _MEMDESC_TEST_STUBS_H
#define _MEMDESC_TEST_STUBS_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/types.h>

/* As in the configuration of a kernel; see the Makefile. */
#define CONFIG_MEMDESC		1
#define CONFIG_DEBUG_LIST	1
#ifndef TEST_PAGEBLOCK_ORDER
#define TEST_PAGEBLOCK_ORDER	9
#endif
#ifndef TEST_ZONES_WIDTH
#define TEST_ZONES_WIDTH	3
#endif
#ifndef TEST_NODES_SHIFT
#define TEST_NODES_SHIFT	6
#endif
#define ZONES_WIDTH		TEST_ZONES_WIDTH
#define NODES_SHIFT		TEST_NODES_SHIFT
#define MAX_PAGE_ORDER		10U
#define NR_PAGE_ORDERS		(MAX_PAGE_ORDER + 1)
#define MAX_ORDER_NR_PAGES	BIT(MAX_PAGE_ORDER)
#define __GFP_COMP		1
#define pageblock_order		((unsigned int)TEST_PAGEBLOCK_ORDER)
#define pageblock_nr_pages	BIT(TEST_PAGEBLOCK_ORDER)
#define PAGE_SHIFT		12
#define PAGE_OFFSET		0xff11000000000000UL

#define U16_MAX			UINT16_MAX

#define try_cmpxchg(p, old, new)	\
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, \
				    __ATOMIC_SEQ_CST)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define smp_acquire__after_ctrl_dep() __atomic_thread_fence(__ATOMIC_ACQUIRE)

#define atomic_long_t atomic64_t
typedef s64 atomic64_t;

static inline void atomic_long_or(long v, atomic_long_t *a)
{
	__atomic_fetch_or(a, v, __ATOMIC_RELAXED);
}

static inline void atomic_long_andnot(long v, atomic_long_t *a)
{
	__atomic_fetch_and(a, ~v, __ATOMIC_RELAXED);
}

/* For the reference counts of MISC pages, which are not tested here */
static inline bool atomic_add_negative_relaxed(int v, atomic_t *a)
{
	return __atomic_add_fetch(&a->counter, v, __ATOMIC_RELAXED) < 0;
}

static inline int atomic_fetch_sub_release(int v, atomic_t *a)
{
	return __atomic_fetch_sub(&a->counter, v, __ATOMIC_RELEASE);
}

static inline void atomic_set(atomic_t *a, int v)
{
	__atomic_store_n(&a->counter, v, __ATOMIC_RELAXED);
}

/* Nobody waits for anybody here. */
#define guard(name)		__guard_##name
#define __guard_preempt()	do { } while (0)
#define DECLARE_STATIC_KEY_FALSE(key)	extern bool key
#define static_branch_unlikely(key)	unlikely(*(key))

/* Reports are counted; the tests know how many there should be. */
extern unsigned int corruptions;

static inline bool check_corruption(bool bad, const char *fmt, ...)
{
	corruptions += bad;
	return bad;
}

#define CHECK_DATA_CORRUPTION(cond, addr, fmt, ...)	\
	check_corruption(!!(cond) && (addr), fmt, ##__VA_ARGS__)

static inline void
list_rotate_to_front(struct list_head *list, struct list_head *head)
{
	list_move_tail(head, list);
}

static inline void list_swap(struct list_head *a, struct list_head *b)
{
	struct list_head *pos = b->prev;

	list_del(b);
	list_replace(a, b);
	list_add(a, pos == a ? b : pos);
}

static inline void cond_resched(void)
{
}

static inline void *vzalloc(size_t size)
{
	return calloc(1, size);
}

static inline void vfree(void *p)
{
	free(p);
}

#define array_size(a, b)	((a) * (b))

#endif /* _MEMDESC_TEST_STUBS_H */
