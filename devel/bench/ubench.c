// SPDX-License-Identifier: GPL-2.0
/*
 * What system calls and page faults cost, in instructions of kernel and user
 * together. Static, for a guest with little else in it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define TSC()	__rdtsc()
#define RESULT(name, value, min, max)	result(name, value, min, max)
static void result(const char *name, unsigned long long value, unsigned long long min, unsigned long long max)
{
	printf("perf:\t%s\t%llu\t%llu\t%llu\n", name, value, min, max);
}
#include "bench.h"

#define RUN(name, n, SETUP, BODY, AFTER) BENCH(name, n, SETUP, , BODY, , AFTER)

#define KiB	1024UL
#define MiB	(1024 * KiB)
#define PAGE	(4 * KiB)
#define HUGE	(2 * MiB)
#define CHUNK	(64 * KiB)
#define RW	(PROT_READ | PROT_WRITE)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static char buf[CHUNK] __attribute__((aligned(4096)));

/* Any failure ends it: a number for something that did not happen is worse than none. */
#define check(x) ({								\
	long r_ = (long)(x);							\
										\
	if (r_ == -1) {								\
		printf("perf: FAILED: line %d: %s: %m\n", __LINE__, #x);	\
		exit(1);							\
	}									\
	r_;									\
})

static char *map(size_t size, int flags)
{
	return (char *)check(mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0));
}
#define unmap(p, size) check(munmap(p, size))

static void touch(char *p, size_t size, size_t step)
{
	size_t i;

	for (i = 0; i < size; i += step)
		*(volatile char *)(p + i) = 1;
}

static void look(char *p, size_t size, size_t step)
{
	size_t i;

	for (i = 0; i < size; i += step)
		(void)*(volatile char *)(p + i);
}

static void put(int fd, size_t size)
{
	for (; size; size -= CHUNK)
		if (check(write(fd, buf, CHUNK)) != CHUNK)
			check(-1);
}

static void get(int fd, size_t size)
{
	long n;

	for (; size; size -= n)
		if (!(n = check(read(fd, buf, size < CHUNK ? size : CHUNK))))
			check(-1);
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

/* Free blocks of 2 MiB and more, in units of 2 MiB */
static long huge_free(void)
{
	char line[512], *s;
	long n = 0, order, blocks;
	FILE *f = fopen("/proc/buddyinfo", "r");

	while (f && fgets(line, sizeof(line), f)) {
		s = strstr(line, "zone");
		strtok(s, " \n");
		strtok(NULL, " \n");
		for (order = 0; (s = strtok(NULL, " \n")); order++) {
			blocks = atol(s);
			if (order >= 9)
				n += blocks << (order - 9);
		}
	}
	if (f)
		fclose(f);
	return n;
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	check(waitpid(child, NULL, 0));
}

static void anon(void)
{
	size_t i, size = MiB;
	pid_t child;
	char *p;

	RUN("anon: fault 256 pages", 16, p = map(size, 0), touch(p, size, PAGE), unmap(p, size));
	RUN("anon: read fault 256 pages (zero page)", 16, p = map(size, 0), look(p, size, PAGE), unmap(p, size));
	RUN("anon: munmap 256 pages", 16, p = map(size, MAP_POPULATE), unmap(p, size), );
	RUN("anon: mmap with MAP_POPULATE, munmap, 256 pages", 16, , ({ p = map(size, MAP_POPULATE); unmap(p, size); }), );
	p = map(size, MAP_POPULATE);
	RUN("anon: fork and exit with 256 pages", 16, ,
	    ({ child = check(fork()); if (!child) _exit(0); check(waitpid(child, NULL, 0)); }), touch(p, size, PAGE));
	RUN("anon: copy 256 pages on write", 16, child = check(fork()); if (!child) for (;;) pause();,
	    touch(p, size, PAGE), end_child(child));
	RUN("anon: reuse 256 pages on write", 16, child = check(fork()); if (!child) for (;;) pause(); end_child(child),
	    touch(p, size, PAGE), );
	RUN("mprotect 256 pages to read-only and back", 16, , ({ check(mprotect(p, size, PROT_READ)); check(mprotect(p, size, RW)); }),
	    touch(p, size, PAGE));
	RUN("mlock, munlock 256 pages", 16, , ({ check(mlock(p, size)); check(munlock(p, size)); }), );
	RUN("madvise DONTNEED 256 pages", 16, touch(p, size, PAGE), check(madvise(p, size, MADV_DONTNEED)), );
	RUN("madvise FREE 256 pages", 16, touch(p, size, PAGE), check(madvise(p, size, MADV_FREE)), );
	/* Pages that were MADV_FREE are not reclaimed at once. */
	unmap(p, size);
	p = map(size, MAP_POPULATE);
	RUN("madvise PAGEOUT 256 pages to swap (zswap)", 16, memset(p, i_, size), check(madvise(p, size, MADV_PAGEOUT)),
	    if (count("/proc/self/status", "VmSwap") < 1000) check(-1));
	RUN("swap in 256 pages (zswap)", 16, memset(p, i_, size); check(madvise(p, size, MADV_PAGEOUT)), touch(p, size, PAGE), );
	unmap(p, size);
	RUN("page tables: fault a page in each of 64 x 2 MiB", 16, p = map(128 * MiB, MAP_NORESERVE), touch(p, 128 * MiB, HUGE),
	    unmap(p, 128 * MiB));
	RUN("page tables: munmap a page in each of 64 x 2 MiB", 16, p = map(128 * MiB, MAP_NORESERVE); touch(p, 128 * MiB, HUGE),
	    unmap(p, 128 * MiB), );
	(void)i;
}

#define expect_huge(kb) do { if (count("/proc/self/smaps_rollup", "AnonHugePages") != (kb)) check(-1); } while (0)

static void huge(void)
{
	char *area = map(8 * MiB, 0), *p = (char *)(((unsigned long)area + HUGE - 1) & -HUGE), cmd[64];

	check(madvise(p, HUGE, MADV_HUGEPAGE));
	RUN("THP: fault", 16, check(madvise(p, HUGE, MADV_DONTNEED)), *p = 1, expect_huge(2048));
	RUN("THP: zap", 16, *p = 1, check(madvise(p, HUGE, MADV_DONTNEED)), );
	RUN("THP: mprotect of half of it (split of the mapping)", 16, *p = 1, check(mprotect(p, MiB, PROT_READ)),
	    check(mprotect(p, HUGE, RW)); check(madvise(p, HUGE, MADV_DONTNEED)));
	RUN("THP: madvise DONTNEED of one page", 16, *p = 1, check(madvise(p + MiB, PAGE, MADV_DONTNEED)), check(madvise(p, HUGE, MADV_DONTNEED)));
	RUN("THP: zap once mapped by pages", 16, *p = 1; check(madvise(p + MiB, PAGE, MADV_DONTNEED)), check(madvise(p, HUGE, MADV_DONTNEED)), );
	snprintf(cmd, sizeof(cmd), "%d,%#lx,%#lx", getpid(), (long)p, (long)p + HUGE);
	RUN("THP: split into 512 pages", 8, *p = 1, store("/sys/kernel/debug/split_huge_pages", cmd),
	    expect_huge(0); check(madvise(p, HUGE, MADV_DONTNEED)));
	RUN("THP: collapse 512 pages", 8, check(madvise(p, HUGE, MADV_NOHUGEPAGE)); touch(p, HUGE, PAGE); check(madvise(p, HUGE, MADV_HUGEPAGE)),
	    check(madvise(p, HUGE, MADV_COLLAPSE)), expect_huge(2048); check(madvise(p, HUGE, MADV_DONTNEED)));
	unmap(area, 8 * MiB);

	store("/proc/sys/vm/nr_hugepages", "8");
	if (count("/proc/meminfo", "HugePages_Total") != 8)
		check(-1);
	store("/proc/sys/vm/nr_hugepages", "0");
	RUN("hugetlb: 8 pages into the pool and out", 8, , ({ store("/proc/sys/vm/nr_hugepages", "8"); store("/proc/sys/vm/nr_hugepages", "0"); }), );
	store("/proc/sys/vm/nr_hugepages", "4");
	RUN("hugetlb: fault, munmap", 16, p = map(HUGE, MAP_HUGETLB), ({ *p = 1; unmap(p, HUGE); }), );
	store("/proc/sys/vm/nr_hugepages", "0");
}

static int new_tmpfs(void)
{
	return check(memfd_create("perf", 0));
}

static int new_ext4(void)
{
	return check(open("/mnt/perf", O_RDWR | O_CREAT | O_TRUNC, 0600));
}

static void file(const char *fs, int (*new)(void))
{
	size_t size = MiB;
	char name[64], *p;
	int fd;

#define FILE_RUN(what, SETUP, BODY, AFTER) do {					\
	snprintf(name, sizeof(name), "%s: %s", fs, what);			\
	RUN(name, 16, fd = new(); SETUP, BODY, AFTER; close(fd));		\
} while (0)
#define CACHED	put(fd, size); check(lseek(fd, 0, SEEK_SET))
#define MAPPED	CACHED; p = (char *)check(mmap(NULL, size, RW, MAP_SHARED, fd, 0))
	FILE_RUN("write 1 MiB", , put(fd, size), );
	FILE_RUN("rewrite 1 MiB", CACHED, put(fd, size), );
	FILE_RUN("read 1 MiB, cached", CACHED, get(fd, size), );
	FILE_RUN("read 256 x 4 KiB, cached", CACHED, ({ int i; for (i = 0; i < 256; i++) check(pread(fd, buf, PAGE, i * PAGE)); }), );
	FILE_RUN("truncate 1 MiB", CACHED, check(ftruncate(fd, 0)), );
	FILE_RUN("read fault of a shared mapping, 256 pages", MAPPED, look(p, size, PAGE), unmap(p, size));
	FILE_RUN("write fault of a shared mapping, 256 pages", MAPPED, touch(p, size, PAGE), unmap(p, size));
	FILE_RUN("munmap of a shared mapping, 256 pages", MAPPED; touch(p, size, PAGE), unmap(p, size), );
	FILE_RUN("sendfile 1 MiB to /dev/null", CACHED; int null = check(open("/dev/null", O_WRONLY)),
		 ({ size_t n; for (n = 0; n < size; ) n += check(sendfile(null, fd, NULL, size - n)); }), close(null));
	if (new == new_tmpfs)
		return;
	FILE_RUN("write back 1 MiB", CACHED, check(fdatasync(fd)), );
	FILE_RUN("read 1 MiB, not cached", CACHED; check(fsync(fd)); check(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)), get(fd, size), );
}

/* send and receive 64 KiB, as much at a time as the sockets take */
static void pass(int from, int to)
{
	size_t in = 0, out = 0;
	ssize_t n;

	while (in < CHUNK) {
		n = out < CHUNK ? send(from, buf + out, CHUNK - out, MSG_DONTWAIT) : 0;
		if (n > 0)
			out += n;
		else if (n < 0 && errno != EAGAIN)
			check(-1);
		n = recv(to, buf, CHUNK, MSG_DONTWAIT);
		if (n > 0)
			in += n;
		else if (!n || errno != EAGAIN)
			check(-1);
	}
}

static void pipes(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct iovec iov = { .iov_base = buf, .iov_len = CHUNK };
	socklen_t len = sizeof(address);
	int p[2], s[2], fd, null;

	check(pipe(p));
	check(fcntl(p[1], F_SETPIPE_SZ, 2 * CHUNK));
	null = check(open("/dev/null", O_WRONLY));
	RUN("pipe: write and read 64 KiB", 32, , ({ put(p[1], CHUNK); get(p[0], CHUNK); }), );
	RUN("pipe: write and read 1 byte", 32, , ({ check(write(p[1], buf, 1)); check(read(p[0], buf, 1)); }), );
	RUN("pipe: vmsplice and read 64 KiB", 32, , ({ check(vmsplice(p[1], &iov, 1, 0)); get(p[0], CHUNK); }), );
	fd = new_tmpfs();
	put(fd, CHUNK);
	RUN("pipe: splice 64 KiB from tmpfs to /dev/null", 32, check(lseek(fd, 0, SEEK_SET)),
	    ({ check(splice(fd, NULL, p[1], NULL, CHUNK, 0)); check(splice(p[0], NULL, null, NULL, CHUNK, 0)); }), );
	RUN("pipe: write 64 KiB, splice to tmpfs", 32, check(lseek(fd, 0, SEEK_SET)),
	    ({ put(p[1], CHUNK); size_t n; for (n = 0; n < CHUNK; ) n += check(splice(p[0], NULL, fd, NULL, CHUNK - n, 0)); }), );
	close(fd);

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	RUN("unix socket: send and receive 64 KiB", 32, , pass(s[0], s[1]), );
	close(s[0]);
	close(s[1]);

	fd = check(socket(AF_INET, SOCK_STREAM, 0));
	check(bind(fd, (struct sockaddr *)&address, len));
	check(listen(fd, 1));
	check(getsockname(fd, (struct sockaddr *)&address, &len));
	s[0] = check(socket(AF_INET, SOCK_STREAM, 0));
	check(connect(s[0], (struct sockaddr *)&address, len));
	s[1] = check(accept(fd, NULL, NULL));
	RUN("TCP loopback: send and receive 64 KiB", 32, , pass(s[0], s[1]), );
}

/* Every second page of 256 MiB is freed, then memory is compacted. */
static void compaction(void)
{
	size_t i, size = 256 * MiB;
	long blocks, moved, gained = 0, pages = 0;
	char *p;

	RUN("compaction of 256 MiB with every second page free", 2,
	    p = map(size, MAP_POPULATE); for (i = 0; i < size; i += 2 * PAGE) check(madvise(p + i, PAGE, MADV_DONTNEED));
	    blocks = huge_free(); moved = count("/proc/vmstat", "pgmigrate_success"),
	    store("/proc/sys/vm/compact_memory", "1"),
	    gained = huge_free() - blocks; pages = count("/proc/vmstat", "pgmigrate_success") - moved; unmap(p, size));
	result("#compaction: blocks of 2 MiB gained", gained, gained, gained);
	result("#compaction: pages migrated", pages, pages, pages);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	memset(buf, 0x5a, sizeof(buf));
	RUN("nothing", 64, , , );
	overhead = typical(64);
	RUN("getppid", 64, , syscall(SYS_getppid), );
	anon();
	huge();
	file("tmpfs", new_tmpfs);
	file("ext4", new_ext4);
	pipes();
	compaction();
	return 0;
}
