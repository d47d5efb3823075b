/* SPDX-License-Identifier: GPL-2.0 */
/* As much of KUnit as mm/tests/free_list_kunit.c needs */
#ifndef _MEMDESC_TEST_KUNIT_H
#define _MEMDESC_TEST_KUNIT_H

#include "../stubs.h"

struct kunit {
	unsigned int failures;
};

struct kunit_suite;

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(fn)		{ .run = fn, .name = #fn }
#define kunit_test_suite(suite)	\
	static struct kunit_suite *the_suite __maybe_unused = &(suite)

#define KUNIT_FAIL(test, fmt, ...)				\
	do {							\
		(test)->failures++;				\
		fprintf(stderr, "%s:%d: " fmt "\n", __func__,	\
			__LINE__, ##__VA_ARGS__);		\
	} while (0)
#define KUNIT_EXPECT_TRUE(test, cond)				\
	do {							\
		if (!(cond))					\
			KUNIT_FAIL(test, "%s", #cond);		\
	} while (0)
#define KUNIT_ASSERT_TRUE(test, cond)				\
	do {							\
		if (!(cond)) {					\
			KUNIT_FAIL(test, "%s", #cond);		\
			exit(1);				\
		}						\
	} while (0)
#define KUNIT_EXPECT_FALSE(test, cond)	KUNIT_EXPECT_TRUE(test, !(cond))
#define KUNIT_EXPECT_EQ(test, a, b)	KUNIT_EXPECT_TRUE(test, (a) == (b))
#define KUNIT_EXPECT_GE(test, a, b)	KUNIT_EXPECT_TRUE(test, (a) >= (b))
#define KUNIT_EXPECT_NULL(test, p)	KUNIT_EXPECT_TRUE(test, !(p))
#define KUNIT_EXPECT_NOT_NULL(test, p)	KUNIT_EXPECT_TRUE(test, !!(p))
#define KUNIT_ASSERT_NULL(test, p)	KUNIT_ASSERT_TRUE(test, !(p))
#define KUNIT_ASSERT_NOT_NULL(test, p)	KUNIT_ASSERT_TRUE(test, !!(p))
#define KUNIT_ASSERT_PTR_EQ(test, a, b)	KUNIT_ASSERT_TRUE(test, (a) == (b))

#define KUNIT_EXPECT_PTR_EQ(test, a, b)	KUNIT_EXPECT_TRUE(test, (a) == (b))

#define kunit_skip(test, why)	((void)(test), (void)(why))
#define kunit_warning_suppress(test)				\
	for (unsigned int before__ = ((void)(test), corruptions), \
	     once__ = 1; once__; once__ = 0, corruptions = before__)
#define KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, n)		\
	KUNIT_EXPECT_EQ(test, corruptions - before__, n)

#define MODULE_IMPORT_NS(x)
#define MODULE_DESCRIPTION(x)
#define MODULE_LICENSE(x)

#endif
