// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc memory which is mapped to userspace: what can be done with the
 * mapping, who has a reference to the pages, and when they are freed.  Needs
 * CONFIG_TEST_SCAMEM, and works with and without CONFIG_MEMDESC.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "../../../../lib/test_scamem_uapi.h"

#define NR	16UL

static size_t psize;

static int scamem_open(void)
{
	psize = getpagesize();
	return open("/dev/test_scamem", O_RDWR | O_CLOEXEC);
}

static int scamem_alloc(int fd, size_t size, unsigned int what, unsigned int how)
{
	struct test_scamem_alloc a = { .size = size, .what = what, .how = how };

	return ioctl(fd, TEST_SCAMEM_ALLOC, &a);
}

static struct test_scamem_info scamem_info(int fd, uint64_t page)
{
	struct test_scamem_info info = { .page = page };

	if (ioctl(fd, TEST_SCAMEM_INFO, &info))
		memset(&info, 0xff, sizeof(info));
	return info;
}

/* References which every page has if all are mapped so many times. */
static unsigned int mapped_count(int fd, unsigned int maps)
{
	return 1 + maps * (scamem_info(fd, 0).memdesc ? NR : 1);
}

static uint32_t *word(void *mem, unsigned long n)
{
	return mem + n * psize;
}

static int temp_file(int flags)
{
	char name[] = "scamem.XXXXXX";
	int fd = mkostemp(name, flags);

	if (fd >= 0)
		unlink(name);
	return fd;
}

FIXTURE(scamem)
{
	int fd;
	void *map;
};

FIXTURE_VARIANT(scamem)
{
	unsigned int how;
};

FIXTURE_VARIANT_ADD(scamem, remap)
{
	.how = TEST_SCAMEM_REMAP,
};

FIXTURE_VARIANT_ADD(scamem, insert)
{
	.how = TEST_SCAMEM_INSERT,
};

FIXTURE_VARIANT_ADD(scamem, fault)
{
	.how = TEST_SCAMEM_FAULT,
};

FIXTURE_SETUP(scamem)
{
	unsigned long i;

	self->map = MAP_FAILED;
	self->fd = scamem_open();
	if (self->fd < 0)
		SKIP(return, "no /dev/test_scamem: CONFIG_TEST_SCAMEM, and root");

	ASSERT_EQ(0, scamem_alloc(self->fd, NR * psize, TEST_SCAMEM_USER,
				  variant->how));
	self->map = mmap(NULL, NR * psize, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->map);
	for (i = 0; i < NR; i++)
		ASSERT_EQ(TEST_SCAMEM_MAGIC + i, *word(self->map, i));
}

FIXTURE_TEARDOWN(scamem)
{
	if (self->map != MAP_FAILED)
		munmap(self->map, NR * psize);
	if (self->fd >= 0)
		close(self->fd);
}

/* The area is gone and so is the mapping; whoever has a reference does not care. */
#define free_area(irq) do {						\
	ASSERT_EQ(0, munmap(self->map, NR * psize));			\
	self->map = MAP_FAILED;						\
	ASSERT_EQ(0, ioctl(self->fd, TEST_SCAMEM_FREE, (irq)));		\
} while (0)

TEST_F(scamem, shared_with_kernel)
{
	*word(self->map, 7) = 0x12345678;
	EXPECT_EQ(0x12345678, scamem_info(self->fd, 7).first);
	EXPECT_EQ(0, scamem_info(self->fd, 0).wrong);
}

TEST_F(scamem, count)
{
	unsigned int extra = scamem_info(self->fd, 0).memdesc;

	EXPECT_EQ(mapped_count(self->fd, 1), scamem_info(self->fd, 0).count);
	ASSERT_EQ(0, ioctl(self->fd, TEST_SCAMEM_HOLD, 3));
	EXPECT_EQ(mapped_count(self->fd, 1) + 1, scamem_info(self->fd, 3).count);
	EXPECT_EQ(mapped_count(self->fd, 1) + extra,
		  scamem_info(self->fd, 0).count);

	ASSERT_EQ(0, munmap(self->map, NR * psize));
	self->map = MAP_FAILED;
	EXPECT_EQ(2, scamem_info(self->fd, 3).count);
	ASSERT_EQ(0, ioctl(self->fd, TEST_SCAMEM_PUT, 1));
	EXPECT_EQ(1, scamem_info(self->fd, 3).count);
	EXPECT_EQ(1, scamem_info(self->fd, 0).count);
}

TEST_F(scamem, outlives_vfree)
{
	ASSERT_EQ(0, ioctl(self->fd, TEST_SCAMEM_HOLD, 5));
	free_area(0);
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 5, scamem_info(self->fd, -1).first);
	EXPECT_EQ(1, scamem_info(self->fd, -1).count);
	/* The last reference */
	EXPECT_EQ(0, ioctl(self->fd, TEST_SCAMEM_PUT, 0));
}

TEST_F(scamem, outlives_vfree_irq)
{
	int i;

	ASSERT_EQ(0, ioctl(self->fd, TEST_SCAMEM_HOLD, 5));
	free_area(1);
	/* vfree() is deferred */
	for (i = 0; i < 1000 && scamem_info(self->fd, -1).count != 1; i++)
		usleep(1000);
	EXPECT_EQ(1, scamem_info(self->fd, -1).count);
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 5, scamem_info(self->fd, -1).first);
	EXPECT_EQ(0, ioctl(self->fd, TEST_SCAMEM_PUT, 1));
}

TEST_F(scamem, fork)
{
	int go[2], status;
	pid_t pid;
	char c = 0;

	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		unsigned long i;

		for (i = 0; i < NR; i++)
			if (*word(self->map, i) != TEST_SCAMEM_MAGIC + i)
				_exit(1);
		*word(self->map, 2) = 0xabcd;
		if (write(go[1], &c, 1) != 1)
			_exit(2);
		pause();
		_exit(3);
	}
	ASSERT_EQ(1, read(go[0], &c, 1));
	EXPECT_EQ(0xabcd, *word(self->map, 2));
	EXPECT_EQ(mapped_count(self->fd, 2), scamem_info(self->fd, 0).count);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(mapped_count(self->fd, 1), scamem_info(self->fd, 0).count);
	close(go[0]);
	close(go[1]);
}

TEST_F(scamem, process_vm)
{
	struct iovec remote = { self->map, NR * psize }, local;
	unsigned long i;

	local.iov_base = malloc(NR * psize);
	local.iov_len = NR * psize;
	ASSERT_NE(NULL, local.iov_base);
	ASSERT_EQ(NR * psize,
		  process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(TEST_SCAMEM_MAGIC + i, *word(local.iov_base, i));
		*word(local.iov_base, i) = i;
	}
	ASSERT_EQ(NR * psize,
		  process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	for (i = 0; i < NR; i++)
		EXPECT_EQ(i, scamem_info(self->fd, i).first);
	EXPECT_EQ(mapped_count(self->fd, 1), scamem_info(self->fd, 0).count);
	free(local.iov_base);
}

TEST_F(scamem, ptrace)
{
	int status;
	pid_t pid;
	long v;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	errno = 0;
	v = ptrace(PTRACE_PEEKDATA, pid, word(self->map, 4), 0);
	EXPECT_EQ(0, errno);
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 4, (uint32_t)v);
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, pid, word(self->map, 4), 77));
	EXPECT_EQ(77, *word(self->map, 4));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

TEST_F(scamem, direct_io)
{
	int file = temp_file(O_DIRECT);
	unsigned long i;
	ssize_t ret;

	if (file < 0)
		SKIP(return, "no O_DIRECT here");
	ret = pwrite(file, self->map, NR * psize, 0);
	if (ret < 0 && errno == EINVAL)
		SKIP(return, "no O_DIRECT here");
	ASSERT_EQ(NR * psize, ret);
	memset(self->map, 0, NR * psize);
	ASSERT_EQ(NR * psize, pread(file, self->map, NR * psize, 0));
	for (i = 0; i < NR; i++)
		EXPECT_EQ(TEST_SCAMEM_MAGIC + i, *word(self->map, i));
	EXPECT_EQ(mapped_count(self->fd, 1), scamem_info(self->fd, 0).count);
	close(file);
}

TEST_F(scamem, vmsplice_outlives_vfree)
{
	struct iovec iov = { self->map, 4 * psize };
	unsigned long i;
	int p[2];
	char *buf = malloc(psize);

	ASSERT_NE(NULL, buf);
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(4 * psize, vmsplice(p[1], &iov, 1, 0));
	free_area(0);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(psize, read(p[0], buf, psize));
		EXPECT_EQ(TEST_SCAMEM_MAGIC + i, *word(buf, 0));
	}
	close(p[0]);
	close(p[1]);
	free(buf);
}

TEST_F(scamem, io_uring_outlives_vfree)
{
	struct io_uring_params p = {};
	struct iovec iov = { self->map, NR * psize };
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	unsigned int *head, *tail;
	void *sq, *cq, *user = self->map;
	size_t sq_size, cq_size;
	int ring, file;
	unsigned long i;

	ring = syscall(SYS_io_uring_setup, 1, &p);
	if (ring < 0)
		SKIP(return, "no io_uring");
	file = temp_file(0);
	ASSERT_GE(file, 0);

	sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned int);
	cq_size = p.cq_off.cqes + p.cq_entries * sizeof(*cqe);
	sq = mmap(NULL, sq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		  IORING_OFF_CQ_RING);
	sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE,
		   MAP_SHARED, ring, IORING_OFF_SQES);
	ASSERT_NE(MAP_FAILED, sq);
	ASSERT_NE(MAP_FAILED, cq);
	ASSERT_NE(MAP_FAILED, (void *)sqe);

	ASSERT_EQ(0, syscall(SYS_io_uring_register, ring,
			     IORING_REGISTER_BUFFERS, &iov, 1));
	EXPECT_GT(scamem_info(self->fd, 0).count, mapped_count(self->fd, 1));
	free_area(0);

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_WRITE_FIXED;
	sqe->fd = file;
	sqe->addr = (uintptr_t)user;
	sqe->len = NR * psize;
	sqe->buf_index = 0;
	*(unsigned int *)(sq + p.sq_off.array) = 0;
	tail = sq + p.sq_off.tail;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	ASSERT_EQ(1, syscall(SYS_io_uring_enter, ring, 1, 1,
			     IORING_ENTER_GETEVENTS, NULL, 0));
	head = cq + p.cq_off.head;
	cqe = cq + p.cq_off.cqes;
	ASSERT_EQ(1, __atomic_load_n((unsigned int *)(cq + p.cq_off.tail),
				     __ATOMIC_ACQUIRE) - *head);
	ASSERT_EQ(NR * psize, cqe->res);

	for (i = 0; i < NR; i++) {
		uint32_t v;

		ASSERT_EQ(sizeof(v), pread(file, &v, sizeof(v), i * psize));
		EXPECT_EQ(TEST_SCAMEM_MAGIC + i, v);
	}
	munmap(sq, sq_size);
	munmap(cq, cq_size);
	munmap(sqe, p.sq_entries * sizeof(*sqe));
	close(file);
	close(ring);
}

TEST_F(scamem, private)
{
	void *map;

	if (variant->how != TEST_SCAMEM_FAULT)
		SKIP(return, "only what is faulted in is copied");
	map = mmap(NULL, NR * psize, PROT_READ | PROT_WRITE, MAP_PRIVATE,
		   self->fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	/* Copied at once, and copied when it is mapped already */
	*word(map, 0) = 1;
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 1, *word(map, 1));
	*word(map, 1) = 2;
	EXPECT_EQ(TEST_SCAMEM_MAGIC, *word(self->map, 0));
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 1, *word(self->map, 1));
	munmap(map, NR * psize);
	EXPECT_EQ(mapped_count(self->fd, 1), scamem_info(self->fd, 0).count);
}

TEST(kernel_memory_is_not_mapped)
{
	static const unsigned int whats[] = {
		TEST_SCAMEM_KERNEL, TEST_SCAMEM_ACCOUNT,
	};
	int fd = scamem_open(), status;
	unsigned int i;
	pid_t pid;
	void *map;

	if (fd < 0)
		SKIP(return, "no /dev/test_scamem");
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, scamem_alloc(fd, psize, whats[i],
					  TEST_SCAMEM_INSERT));
		if (!scamem_info(fd, 0).memdesc)
			SKIP(return, "needs CONFIG_MEMDESC");
		map = mmap(NULL, psize, PROT_READ, MAP_SHARED, fd, 0);
		EXPECT_EQ(MAP_FAILED, map);
		EXPECT_EQ(EINVAL, errno);
		ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_FREE, 0));

		ASSERT_EQ(0, scamem_alloc(fd, psize, whats[i],
					  TEST_SCAMEM_FAULT));
		map = mmap(NULL, psize, PROT_READ, MAP_SHARED, fd, 0);
		ASSERT_NE(MAP_FAILED, map);
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			signal(SIGBUS, SIG_DFL);
			_exit(*(char *)map);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
		EXPECT_EQ(1, scamem_info(fd, 0).count);
		munmap(map, psize);
		ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_FREE, 0));
	}
	close(fd);
}

TEST(shrink_and_grow)
{
	int fd = scamem_open();

	if (fd < 0)
		SKIP(return, "no /dev/test_scamem");
	ASSERT_EQ(0, scamem_alloc(fd, 64 * psize, TEST_SCAMEM_ACCOUNT, 0));
	/* It cannot shrink yet */
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_HOLD, 60));
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_REALLOC, 16 * psize));
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 15, scamem_info(fd, 15).first);
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_PUT, 0));
	/* Now it does */
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_REALLOC, 8 * psize));
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 7, scamem_info(fd, 7).first);
	EXPECT_EQ(1, scamem_info(fd, 0).count);
	EXPECT_EQ(0, scamem_info(fd, 0).wrong);
	/* And grows, which makes a copy */
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_REALLOC, 128 * psize));
	EXPECT_EQ(TEST_SCAMEM_MAGIC + 7, scamem_info(fd, 7).first);
	EXPECT_EQ(0, scamem_info(fd, 127).first);
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_FREE, 0));
	close(fd);
}

TEST(huge)
{
	size_t size = 8UL << 20;
	unsigned long last;
	int fd = scamem_open();

	if (fd < 0)
		SKIP(return, "no /dev/test_scamem");
	last = size / psize - 1;
	ASSERT_EQ(0, scamem_alloc(fd, size, TEST_SCAMEM_HUGE, 0));
	EXPECT_EQ(0, scamem_info(fd, 0).wrong);
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_HOLD, last));
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_FREE, 0));
	EXPECT_EQ(TEST_SCAMEM_MAGIC + last, scamem_info(fd, -1).first);
	ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_PUT, 1));
	close(fd);
}

TEST(nodes)
{
	unsigned long mask = ~0UL;
	int fd = scamem_open();
	struct test_scamem_info info;

	if (fd < 0)
		SKIP(return, "no /dev/test_scamem");
	if (syscall(SYS_get_mempolicy, NULL, &mask, 64, NULL,
		    MPOL_F_MEMS_ALLOWED) ||
	    __builtin_popcountl(mask) < 2)
		SKIP(return, "one node");
	ASSERT_EQ(0, syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, &mask, 64));
	ASSERT_EQ(0, scamem_alloc(fd, 250 * psize, TEST_SCAMEM_USER, 0));
	ASSERT_EQ(0, syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
	info = scamem_info(fd, 0);
	EXPECT_EQ(0, info.wrong);
	/* What remains of a power of two is interleaved. */
	EXPECT_GE(__builtin_popcountl(info.nodes), 2);
	close(fd);
}

TEST(many)
{
	struct iovec iov;
	int i, p[2];
	int fd = scamem_open();

	if (fd < 0)
		SKIP(return, "no /dev/test_scamem");
	for (i = 0; i < 500; i++) {
		size_t size = (1 + i % 37) * psize;
		void *map;

		ASSERT_EQ(0, scamem_alloc(fd, size, TEST_SCAMEM_USER, i % 3));
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ASSERT_NE(MAP_FAILED, map);
		iov.iov_base = map;
		iov.iov_len = psize;
		ASSERT_EQ(0, pipe(p));
		ASSERT_EQ(psize, vmsplice(p[1], &iov, 1, 0));
		ASSERT_EQ(0, ioctl(fd, TEST_SCAMEM_FREE, i & 1));
		ASSERT_EQ(0, munmap(map, size));
		/* The last reference */
		close(p[0]);
		close(p[1]);
	}
	close(fd);
}

TEST(race)
{
	struct test_scamem_race r = { .ms = 3000 };
	int fd = scamem_open();

	if (fd < 0)
		SKIP(return, "no /dev/test_scamem");
	if (ioctl(fd, TEST_SCAMEM_RACE, &r)) {
		ASSERT_EQ(EOPNOTSUPP, errno);
		SKIP(return, "needs CONFIG_MEMDESC");
	}
	TH_LOG("%u references taken, %u areas", r.gets, r.areas);
	EXPECT_EQ(0, r.wrong);
	close(fd);
}

TEST_HARNESS_MAIN
