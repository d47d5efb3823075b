/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MEMDESC_TEST_MM_H
#define _MEMDESC_TEST_MM_H

#include "../stubs.h"
#include <linux/memdesc.h>

#ifndef TEST_PAGE_SIZE
#define TEST_PAGE_SIZE	8
#endif

/* For mm/memdesc.h, the rest of which is not used */
enum pagetype {
	PGTY_none,
};

/* Beside what else there is in a struct page, or not */
struct page {
	char pad[TEST_PAGE_SIZE - 8];
	memdesc_t memdesc;
};

static inline memdesc_t page_memdesc(const struct page *page)
{
	return (memdesc_t){ READ_ONCE(page->memdesc.v) };
}

#endif
