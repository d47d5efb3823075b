/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of frozen pages which were taken off the buddy lists, or are on their
 * way there.  The functions are in mm/free_list.h and mm/page_alloc.h.
 */
#ifndef _LINUX_FROZEN_LIST_H
#define _LINUX_FROZEN_LIST_H

#include <linux/llist.h>
#include <linux/types.h>

struct page;

#ifdef CONFIG_MEMDESC
/**
 * struct frozen_list - List of pages that is used from both ends only.
 * @first: Page frame number of the first page.
 * @last: Page frame number of the last page.
 */
struct frozen_list {
	unsigned long first;
	unsigned long last;
};

/**
 * struct trylock_list - Pages which were freed without a lock.
 * @first: The page that was added last.  NULL if there is none, as in memory
 *    which is all zeroes.
 */
struct trylock_list {
	struct page *first;
};
#else
struct frozen_list {
	struct list_head list;
};

struct trylock_list {
	struct llist_head list;
};
#endif

#endif /* _LINUX_FROZEN_LIST_H */
