/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel half and the user half of make perf share. The guest runs
 * with -icount shift=0: one instruction is one tick of the TSC, exactly.
 */

/*
 * NOPs with a displacement that only lines.c, the QEMU plugin, looks at: the
 * samples of an operation begin; one sample opens and closes; all were taken.
 */
#define MARK(n)	asm volatile(".byte 0x0f,0x1f,0x84,0x00,%c0,0x4d,0x45,0x4d" : : "i" (n) : "memory")
#define MARK_FIRST	1
#define MARK_OPEN	2
#define MARK_CLOSE	3
#define MARK_LAST	4

#define MAX_SAMPLES	256
static unsigned long long sample[MAX_SAMPLES];

/* Sort the samples; return the most frequent, or the median if no two are the same. */
static unsigned long long typical(int n)
{
	unsigned long long v, best;
	int i, j, run, most = 1;

	for (i = 1; i < n; i++) {
		v = sample[i];
		for (j = i; j && sample[j - 1] > v; j--)
			sample[j] = sample[j - 1];
		sample[j] = v;
	}
	best = sample[n / 2];
	for (i = 0; i < n; i += run) {
		for (run = 1; i + run < n && sample[i + run] == sample[i]; run++)
			;
		if (run > most) {
			most = run;
			best = sample[i];
		}
	}
	return best;
}

/* What the markers and two reads of the TSC cost: the first operation, which is none. */
static unsigned long long overhead;

/*
 * Take n samples of BODY, after n / 4 + 1 that warm up. SETUP and AFTER are not
 * counted. GUARD and UNGUARD keep out what is to be kept out (interrupts).
 */
#define BENCH(name, n, SETUP, GUARD, BODY, UNGUARD, AFTER) do {			\
	unsigned long long typical_;						\
	int i_;									\
										\
	for (i_ = -(n) / 4 - 1; i_ < (n); i_++) {				\
		unsigned long long t0_, t1_;					\
										\
		SETUP;								\
		if (!i_)							\
			MARK(MARK_FIRST);					\
		GUARD;								\
		MARK(MARK_OPEN);						\
		t0_ = TSC();							\
		BODY;								\
		t1_ = TSC();							\
		MARK(MARK_CLOSE);						\
		UNGUARD;							\
		AFTER;								\
		if (i_ >= 0)							\
			sample[i_] = t1_ - t0_ - overhead;			\
	}									\
	MARK(MARK_LAST);							\
	typical_ = typical(n);	/* and sorted */				\
	RESULT(name, typical_, sample[0], sample[(n) - 1]);			\
} while (0)
