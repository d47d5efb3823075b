/* SPDX-License-Identifier: GPL-2.0+ WITH Linux-syscall-note */
/*
 * /dev/test_scamem: vmalloc memory for tools/testing/selftests/mm/scamem.c.
 * This is no ABI.
 */
#ifndef _LIB_TEST_SCAMEM_UAPI_H
#define _LIB_TEST_SCAMEM_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What to allocate */
enum {
	TEST_SCAMEM_USER,	/* vmalloc_user() */
	TEST_SCAMEM_KERNEL,	/* vzalloc() */
	TEST_SCAMEM_ACCOUNT,	/* GFP_KERNEL_ACCOUNT */
	TEST_SCAMEM_HUGE,	/* the same, with huge pages */
};

/* How to map it */
enum {
	TEST_SCAMEM_REMAP,	/* remap_vmalloc_range() */
	TEST_SCAMEM_INSERT,	/* vm_insert_page() */
	TEST_SCAMEM_FAULT,	/* when it is touched */
};

struct test_scamem_alloc {
	__u64 size;
	__u32 what;
	__u32 how;
};

struct test_scamem_info {
	__u64 page;		/* in: which one; of the held page if -1 */
	__u64 nodes;		/* out: mask of the nodes the area is on */
	__u32 count;		/* out: references, as the page sees it */
	__u32 wrong;		/* out: pages with the wrong node or zone */
	__u32 first;		/* out: the first word of the page */
	__u32 memdesc;		/* out: is this CONFIG_MEMDESC? */
};

struct test_scamem_race {
	__u32 ms;		/* in: for how long */
	__u32 gets;		/* out: references from looking at the page alone */
	__u32 areas;		/* out: allocated and freed meanwhile */
	__u32 wrong;		/* out: pages with the wrong number in the end */
};

/* Page n has n + TEST_SCAMEM_MAGIC in its first word */
#define TEST_SCAMEM_MAGIC	0x5ca00000U

#define TEST_SCAMEM_ALLOC	_IOW('S', 0, struct test_scamem_alloc)
#define TEST_SCAMEM_INFO	_IOWR('S', 1, struct test_scamem_info)
/* Argument: not 0 to do it in an interrupt */
#define TEST_SCAMEM_FREE	_IO('S', 2)
#define TEST_SCAMEM_PUT		_IO('S', 3)
/* Argument: which page to keep a reference to */
#define TEST_SCAMEM_HOLD	_IO('S', 4)
/* Argument: new size in bytes */
#define TEST_SCAMEM_REALLOC	_IO('S', 5)
/* Take references to what is being freed and reused.  With CONFIG_MEMDESC only */
#define TEST_SCAMEM_RACE	_IOWR('S', 6, struct test_scamem_race)

#endif /* _LIB_TEST_SCAMEM_UAPI_H */
