// SPDX-License-Identifier: GPL-2.0
/*
 * How broken up memory is after a long mixed load, and how well huge pages can
 * still be had: frag SEED ROUNDS. The load takes page cache, anonymous memory,
 * small objects of the kernel and page tables, with memory nearly full, and
 * gives some of it back at random. The guest runs with -icount and the numbers
 * at random depend on SEED alone, so the same kernel does the same each time.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KiB	1024UL
#define MiB	(1024 * KiB)
#define PAGE	(4 * KiB)
#define HUGE	(2 * MiB)

#define check(x) ({								\
	long r_ = (long)(x);							\
										\
	if (r_ == -1) {								\
		printf("perf: FAILED: line %d: %s: %m\n", __LINE__, #x);	\
		exit(1);							\
	}									\
	r_;									\
})

static unsigned long long state;
static char buf[64 * KiB];

/* Marsaglia's xorshift64 */
static unsigned int prng(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % below;
}

static void result(const char *name, long value)
{
	printf("perf:\t#%s\t%ld\t%ld\t%ld\n", name, value, value, value);
}

static void store(const char *file, const char *text)
{
	int fd = check(open(file, O_WRONLY));

	check(write(fd, text, strlen(text)));
	close(fd);
}

/* A number after a name in a file of /proc */
static long count(const char *file, const char *name)
{
	char line[256];
	long n = -1;
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && strchr(" \t:", line[strlen(name)]))
			n = atol(line + strlen(name) + 1);
	if (f)
		fclose(f);
	return check(n);
}

#define NR_ANON		256
#define NR_FILES	160
#define NR_PIPES	96
#define NR_SMALL	12000

static struct { char *p; size_t size; } anon[NR_ANON];
static int pipes[NR_PIPES][2];

static void anon_drop(int i)
{
	if (anon[i].p)
		check(munmap(anon[i].p, anon[i].size));
	anon[i].p = NULL;
}

/* Up to 2 MiB each, touched in whole or in part; 256 of them would take twice what there is */
static void anon_take(int i, long limit)
{
	size_t n;

	anon_drop(i);
	if (count("/proc/self/status", "VmRSS") > limit)
		return;
	anon[i].size = (1 + prng(512)) * PAGE;
	anon[i].p = (char *)check(mmap(NULL, anon[i].size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (n = 0; n < anon[i].size; n += PAGE * (1 + (i % 8 == 0) * prng(4)))
		anon[i].p[n] = i;
	/* holes */
	if (i % 4 == 1)
		for (n = 0; n < anon[i].size; n += PAGE * (1 + prng(6)))
			check(madvise(anon[i].p + n, PAGE, MADV_DONTNEED));
}

static void file_op(int i)
{
	char name[64];
	long n, size = (1 + prng(64)) * 32 * KiB;
	int fd;

	snprintf(name, sizeof(name), "/mnt/file%d", i);
	if (prng(4) == 0) {
		unlink(name);
		return;
	}
	fd = check(open(name, O_RDWR | O_CREAT, 0600));
	if (prng(2)) {
		for (n = 0; n < size; n += sizeof(buf))
			if (write(fd, buf, sizeof(buf)) < 0)	/* the disk may be full */
				break;
	} else {
		while (check(read(fd, buf, sizeof(buf))) > 0)
			;
	}
	if (prng(3) == 0)
		check(posix_fadvise(fd, prng(16) * 64 * KiB, 256 * KiB, POSIX_FADV_DONTNEED));
	close(fd);
}

/* Inodes and directory entries: slabs that can be reclaimed; pipe buffers: pages that cannot move */
static void small_op(void)
{
	unsigned int i = prng(NR_SMALL), n;
	char name[64];

	for (n = 0; n < 64; n++) {
		snprintf(name, sizeof(name), "/tmp/s/%u", (i + n * 7) % NR_SMALL);
		if (prng(3))
			close(check(open(name, O_RDWR | O_CREAT, 0600)));
		else
			unlink(name);
	}
}

static void pipe_op(int i)
{
	if (pipes[i][1]) {
		close(pipes[i][0]);
		close(pipes[i][1]);
		pipes[i][1] = 0;
		return;
	}
	check(pipe(pipes[i]));
	check(write(pipes[i][1], buf, (1 + prng(15)) * PAGE));
}

static void fork_op(void)
{
	pid_t child = check(fork());
	int i;

	if (!child) {
		for (i = 0; i < 64; i++)
			if (anon[i].p)
				anon[i].p[0] = 1;
		_exit(0);
	}
	check(waitpid(child, NULL, 0));
}

/* Free pages of each order, all zones together */
static void buddyinfo(const char *when)
{
	static long nr[16];
	char line[512], name[64], *s;
	FILE *f = fopen("/proc/buddyinfo", "r");
	long free = 0, huge = 0;
	int order;

	memset(nr, 0, sizeof(nr));
	while (f && fgets(line, sizeof(line), f)) {
		s = strstr(line, "zone");
		strtok(s, " \n");
		strtok(NULL, " \n");
		for (order = 0; (s = strtok(NULL, " \n")); order++)
			nr[order] += atol(s);
	}
	if (f)
		fclose(f);
	for (order = 0; order < 11; order++) {
		snprintf(name, sizeof(name), "%s: free blocks of order %d", when, order);
		result(name, nr[order]);
		free += nr[order] << order;
		if (order >= 9)
			huge += nr[order] << order;
	}
	snprintf(name, sizeof(name), "%s: free pages", when);
	result(name, free);
	snprintf(name, sizeof(name), "%s: free pages in blocks of 2 MiB and more, per mille", when);
	result(name, free ? huge * 1000 / free : 0);
}

/* extfrag_index and unusable_index of order 9, zone DMA32, per mille */
static void index_of(const char *when, const char *what)
{
	char line[512], name[96], *s, *last = NULL;
	FILE *f;
	int order;

	snprintf(name, sizeof(name), "/sys/kernel/debug/extfrag/%s", what);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "DMA32"))
			continue;
		s = strstr(line, "DMA32");
		strtok(s, " \n");
		for (order = 0; (s = strtok(NULL, " \n")); order++)
			if (order == 9)
				last = s;
		snprintf(name, sizeof(name), "%s: %s of order 9, per mille", when, what);
		result(name, last ? (long)(atof(last) * 1000) : check(-1));
	}
	if (f)
		fclose(f);
	check(last ? 0 : -1);
}

static void look(const char *when)
{
	buddyinfo(when);
	index_of(when, "extfrag_index");
	index_of(when, "unusable_index");
}

/* Per mille of size that can be had as huge pages */
static void thp(const char *when, const char *defrag, size_t size)
{
	char name[96], *area, *p;
	long kb, moved = count("/proc/vmstat", "pgmigrate_success");
	size_t i;

	store("/sys/kernel/mm/transparent_hugepage/defrag", defrag);
	area = (char *)check(mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	p = (char *)(((unsigned long)area + HUGE - 1) & -HUGE);
	check(madvise(p, size, MADV_HUGEPAGE));
	for (i = 0; i < size; i += HUGE)
		p[i] = 1;
	kb = count("/proc/self/smaps_rollup", "AnonHugePages");
	snprintf(name, sizeof(name), "%s: huge pages had, defrag %s, per mille", when, defrag);
	result(name, kb * 1000 / (long)(size / KiB));
	snprintf(name, sizeof(name), "%s: pages migrated for it, defrag %s", when, defrag);
	result(name, count("/proc/vmstat", "pgmigrate_success") - moved);
	check(munmap(area, size + HUGE));
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? atol(argv[2]) : 0, limit, steals;
	static const char * const counters[] = { "allocstall_normal", "allocstall_dma32", "compact_stall", "compact_success",
		"compact_fail", "compact_migrate_scanned", "compact_free_scanned", "pgscan_direct", "pgsteal_kswapd" };
	char name[64];
	int i, r;

	if (argc != 3 || !rounds)
		return 2;
	state = 20261121 + 7919 * atol(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	memset(buf, 0x5a, sizeof(buf));
	check(mkdir("/tmp/s", 0700));
	/* Anonymous memory takes up to five eighths of it; the rest is left to files. */
	limit = count("/proc/meminfo", "MemAvailable") * 5 / 8;
	look("fresh");
	for (r = 0; r < rounds; r++) {
		anon_take(prng(NR_ANON), limit);
		file_op(prng(NR_FILES));
		small_op();
		pipe_op(prng(NR_PIPES));
		if (r % 16 == 0)
			fork_op();
		if (r % (rounds / 4) == 0)
			fprintf(stderr, "round %d, free %ld kB, anon %ld kB, cached %ld kB, slab %ld kB\n", r, count("/proc/meminfo", "MemFree"),
				count("/proc/meminfo", "AnonPages"), count("/proc/meminfo", "Cached"), count("/proc/meminfo", "Slab"));
	}
	look("loaded");
	thp("loaded", "never", 32 * MiB);
	thp("loaded", "always", 32 * MiB);
	/* Half of the anonymous memory goes, at random; what stays is spread over all of it. */
	for (i = 0; i < NR_ANON; i++)
		if (prng(2))
			anon_drop(i);
	look("half freed");
	thp("half freed", "never", 96 * MiB);
	thp("half freed", "always", 96 * MiB);
	for (i = 0; i < (int)(sizeof(counters) / sizeof(*counters)); i++) {
		snprintf(name, sizeof(name), "vmstat: %s", counters[i]);
		result(name, count("/proc/vmstat", counters[i]));
	}
	steals = count("/proc/vmstat", "pgmigrate_success");
	result("vmstat: pgmigrate_success", steals);
	return 0;
}
