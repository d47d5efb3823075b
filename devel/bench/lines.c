// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin for QEMU's TCG: how many distinct cache lines of 64 bytes the guest
 * touches from MARK_OPEN to MARK_CLOSE (bench.h), in the memmap and in all of
 * data. Writes "NUMBER MEMMAP ALL" for each operation in turn, the medians of
 * its samples.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<qemu-plugin.h>)
#include <qemu-plugin.h>
#else
/* Version 1 of the interface (QEMU 4.2 to 8.2), as far as it is used here; few distributions have a package with the header. */
#define QEMU_PLUGIN_VERSION 1
#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_RW = 3 };
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int vcpu, void *udata);
typedef void (*qemu_plugin_vcpu_mem_cb_t)(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t addr, void *udata);
typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_plugin_vcpu_udata_cb_t cb,
					    enum qemu_plugin_cb_flags flags, void *udata);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_plugin_vcpu_mem_cb_t cb,
				      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw, void *udata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_outs(const char *string);
#endif

#define MARK_FIRST	1
#define MARK_OPEN	2
#define MARK_CLOSE	3
#define MARK_LAST	4

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* x86-64 without KASLR and with four levels of page tables; struct pages of up to 1 GiB */
#define MEMMAP		(0xffffea0000000000ULL >> 6)
#define MEMMAP_LINES	(1U << 19)
#define HASH		(1U << 22)
#define SAMPLES		256

static bool on;
static uint32_t generation = 1, seen_memmap[MEMMAP_LINES], seen_other[HASH];
static uint64_t other[HASH];
static unsigned int memmap, rest, nr, number, sample[2][SAMPLES];

static void access_cb(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t addr, void *udata)
{
	uint64_t line = addr >> 6;
	uint32_t i;

	(void)vcpu, (void)info, (void)udata;
	if (!on)
		return;
	if (line - MEMMAP < MEMMAP_LINES) {
		memmap += seen_memmap[line - MEMMAP] != generation;
		seen_memmap[line - MEMMAP] = generation;
		return;
	}
	if (rest > HASH / 2)
		return;	/* too many to count: what is printed is a lower bound */
	for (i = line * 0x9e3779b97f4a7c15ULL >> 42; seen_other[i] == generation; i = (i + 1) % HASH)
		if (other[i] == line)
			return;
	seen_other[i] = generation;
	other[i] = line;
	rest++;
}

static int compare(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static void mark_cb(unsigned int vcpu, void *udata)
{
	char line[64];

	(void)vcpu;
	switch ((uintptr_t)udata) {
	case MARK_FIRST:
		nr = 0;
		break;
	case MARK_OPEN:
		on = true;
		generation++;
		memmap = rest = 0;
		break;
	case MARK_CLOSE:
		on = false;
		if (nr < SAMPLES) {
			sample[0][nr] = memmap;
			sample[1][nr++] = memmap + rest;
		}
		break;
	case MARK_LAST:
		qsort(sample[0], nr, sizeof(**sample), compare);
		qsort(sample[1], nr, sizeof(**sample), compare);
		snprintf(line, sizeof(line), "%u %u %u\n", ++number, sample[0][nr / 2], sample[1][nr / 2]);
		qemu_plugin_outs(line);
		break;
	}
}

static void translate_cb(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const uint8_t nop[4] = { 0x0f, 0x1f, 0x84, 0x00 }, magic[3] = "MEM";
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
#if QEMU_PLUGIN_VERSION >= 3
		uint8_t byte[8];

		qemu_plugin_insn_data(insn, byte, sizeof(byte));
#else
		const uint8_t *byte = qemu_plugin_insn_data(insn);
#endif
		if (qemu_plugin_insn_size(insn) == 8 && !memcmp(byte, nop, 4) && !memcmp(byte + 5, magic, 3))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_cb, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)byte[4]);
		else
			qemu_plugin_register_vcpu_mem_cb(insn, access_cb, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info, (void)argc, (void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate_cb);
	return 0;
}
