// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc memory to map, to pin and to free in all possible ways, through
 * /dev/test_scamem.  Driven by tools/testing/selftests/mm/scamem.c.
 */
#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memdesc.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "test_scamem_uapi.h"

/* Of an open file */
struct test_scamem {
	struct mutex lock;	/* protects all of it */
	void *mem;
	unsigned long nr;
	u32 how;
	struct page *held;
	/* For the interrupt */
	struct irq_work work;
	void *work_mem;
	struct page *work_page;
};

static void test_scamem_irq(struct irq_work *work)
{
	struct test_scamem *t = container_of(work, struct test_scamem, work);

	vfree(t->work_mem);
	if (t->work_page)
		put_page(t->work_page);
}

static void test_scamem_drop(struct test_scamem *t, void *mem,
			     struct page *page, bool irq)
{
	if (irq) {
		t->work_mem = mem;
		t->work_page = page;
		irq_work_queue(&t->work);
		irq_work_sync(&t->work);
		return;
	}

	vfree(mem);
	if (page)
		put_page(page);
}

static struct page *test_scamem_page(struct test_scamem *t, unsigned long n)
{
	return vmalloc_to_page(t->mem + n * PAGE_SIZE);
}

static void test_scamem_fill(struct test_scamem *t)
{
	unsigned long i;

	for (i = 0; i < t->nr; i++)
		*(u32 *)(t->mem + i * PAGE_SIZE) = TEST_SCAMEM_MAGIC + i;
}

static int test_scamem_alloc(struct test_scamem *t, void __user *arg)
{
	struct test_scamem_alloc a;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;

	guard(mutex)(&t->lock);
	if (t->mem)
		return -EBUSY;
	if (!a.size || a.size > SZ_1G || a.how > TEST_SCAMEM_FAULT)
		return -EINVAL;

	a.size = PAGE_ALIGN(a.size);
	switch (a.what) {
	case TEST_SCAMEM_USER:
		t->mem = vmalloc_user(a.size);
		break;
	case TEST_SCAMEM_KERNEL:
		t->mem = vzalloc(a.size);
		break;
	case TEST_SCAMEM_ACCOUNT:
		t->mem = __vmalloc(a.size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		break;
	case TEST_SCAMEM_HUGE:
		t->mem = vmalloc_huge(a.size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		break;
	default:
		return -EINVAL;
	}
	if (!t->mem)
		return -ENOMEM;

	t->nr = a.size >> PAGE_SHIFT;
	t->how = a.how;
	test_scamem_fill(t);
	return 0;
}

static int __test_scamem_info(struct test_scamem *t,
			      struct test_scamem_info *info)
{
	struct page *page;
	unsigned long i;

	guard(mutex)(&t->lock);
	page = t->held;
	if (info->page != -1ULL) {
		if (info->page >= t->nr)
			return -EINVAL;
		page = test_scamem_page(t, info->page);
	}
	if (!page)
		return -EINVAL;

	info->count = page_count(page);
	info->memdesc = IS_ENABLED(CONFIG_MEMDESC);
	info->first = *(u32 *)page_address(page);
	info->nodes = 0;
	info->wrong = 0;
	for (i = 0; i < t->nr; i++) {
		int nid;

		page = test_scamem_page(t, i);
		nid = page_to_nid(page);
		info->nodes |= BIT_ULL(nid % 64);
		if (!zone_spans_pfn(page_zone(page), page_to_pfn(page)) ||
		    zone_to_nid(page_zone(page)) != nid)
			info->wrong++;
	}
	return 0;
}

static int test_scamem_info(struct test_scamem *t, void __user *arg)
{
	struct test_scamem_info info;
	int err;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	err = __test_scamem_info(t, &info);
	if (err)
		return err;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int test_scamem_realloc(struct test_scamem *t, unsigned long size)
{
	void *mem;

	size = PAGE_ALIGN(size);
	if (!t->mem || !size || size > SZ_1G)
		return -EINVAL;

	mem = vrealloc(t->mem, size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!mem)
		return -ENOMEM;
	t->mem = mem;
	t->nr = size >> PAGE_SHIFT;
	return 0;
}

#define RACE_AREAS	8
#define RACE_PAGES	4
#define RACE_THREADS	4

#ifdef CONFIG_MEMDESC
static bool test_scamem_try_get(struct page *page)
{
	return memdesc_try_get(page, 1);
}
#else
static bool test_scamem_try_get(struct page *page)
{
	return false;
}
#endif

/* Areas come and go, and others know their pages and nothing else. */
struct race {
	void *mem[RACE_AREAS];
	struct page *pages[RACE_AREAS * RACE_PAGES];
	atomic_t gets;
};

static int race_thread(void *arg)
{
	struct race *r = arg;

	while (!kthread_should_stop()) {
		int i;

		for (i = 0; i < ARRAY_SIZE(r->pages); i++) {
			struct page *page = READ_ONCE(r->pages[i]);

			if (page && test_scamem_try_get(page)) {
				atomic_inc(&r->gets);
				put_page(page);
			}
		}
		cond_resched();
	}
	return 0;
}

/*
 * Pages and descriptors are freed and combined anew all the time.  A reference
 * that was taken to one descriptor and given back to another one shows in the
 * end.
 */
static int race_areas(struct race *r, struct test_scamem_race *arg)
{
	unsigned long end = jiffies + msecs_to_jiffies(arg->ms);
	unsigned int i, j;

	while (time_before(jiffies, end)) {
		unsigned int nr = get_random_u32_inclusive(1, RACE_PAGES);

		i = get_random_u32_below(RACE_AREAS);
		vfree(r->mem[i]);
		r->mem[i] = vmalloc_user(nr * PAGE_SIZE);
		if (!r->mem[i])
			return -ENOMEM;
		for (j = 0; j < nr; j++)
			WRITE_ONCE(r->pages[i * RACE_PAGES + j],
				   vmalloc_to_page(r->mem[i] + j * PAGE_SIZE));
		arg->areas++;
		cond_resched();
	}
	return 0;
}

static int test_scamem_race(void __user *uarg)
{
	struct task_struct *threads[RACE_THREADS] = {};
	struct test_scamem_race arg;
	struct race *r;
	int i, err = 0;

	if (!IS_ENABLED(CONFIG_MEMDESC))
		return -EOPNOTSUPP;
	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (arg.ms > 60 * MSEC_PER_SEC)
		return -EINVAL;
	r = kzalloc_obj(*r);
	if (!r)
		return -ENOMEM;

	arg.areas = 0;
	arg.wrong = 0;
	for (i = 0; i < RACE_THREADS && !err; i++) {
		threads[i] = kthread_run(race_thread, r, "test_scamem/%d", i);
		err = PTR_ERR_OR_ZERO(threads[i]);
	}
	if (!err)
		err = race_areas(r, &arg);
	for (i = 0; i < RACE_THREADS; i++)
		if (!IS_ERR_OR_NULL(threads[i]))
			kthread_stop(threads[i]);

	for (i = 0; i < RACE_AREAS; i++) {
		if (r->mem[i] && page_count(vmalloc_to_page(r->mem[i])) != 1)
			arg.wrong++;
		vfree(r->mem[i]);
	}
	arg.gets = atomic_read(&r->gets);
	kfree(r);
	if (err)
		return err;
	return copy_to_user(uarg, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long test_scamem_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	struct test_scamem *t = file->private_data;

	/* A fault takes the lock, and so these must not have one with it. */
	if (cmd == TEST_SCAMEM_ALLOC)
		return test_scamem_alloc(t, (void __user *)arg);
	if (cmd == TEST_SCAMEM_INFO)
		return test_scamem_info(t, (void __user *)arg);
	if (cmd == TEST_SCAMEM_RACE)
		return test_scamem_race((void __user *)arg);

	guard(mutex)(&t->lock);
	switch (cmd) {
	case TEST_SCAMEM_FREE:
		test_scamem_drop(t, t->mem, NULL, arg);
		t->mem = NULL;
		t->nr = 0;
		return 0;
	case TEST_SCAMEM_PUT:
		test_scamem_drop(t, NULL, t->held, arg);
		t->held = NULL;
		return 0;
	case TEST_SCAMEM_HOLD:
		if (t->held)
			return -EBUSY;
		if (arg >= t->nr)
			return -EINVAL;
		t->held = test_scamem_page(t, arg);
		get_page(t->held);
		return 0;
	case TEST_SCAMEM_REALLOC:
		return test_scamem_realloc(t, arg);
	default:
		return -ENOTTY;
	}
}

static vm_fault_t test_scamem_fault(struct vm_fault *vmf)
{
	struct test_scamem *t = vmf->vma->vm_private_data;

	guard(mutex)(&t->lock);
	if (vmf->pgoff >= t->nr)
		return VM_FAULT_SIGBUS;
	vmf->page = test_scamem_page(t, vmf->pgoff);
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct test_scamem_vm_ops = {
	.fault = test_scamem_fault,
};

static int test_scamem_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct test_scamem *t = file->private_data;
	unsigned long i;
	int err;

	guard(mutex)(&t->lock);
	if (vma->vm_pgoff || vma_pages(vma) > t->nr)
		return -EINVAL;

	switch (t->how) {
	case TEST_SCAMEM_REMAP:
		return remap_vmalloc_range(vma, t->mem, 0);
	case TEST_SCAMEM_INSERT:
		for (i = 0; i < vma_pages(vma); i++) {
			err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
					     test_scamem_page(t, i));
			if (err)
				return err;
		}
		return 0;
	default:
		vm_flags_set(vma, VM_MIXEDMAP);
		vma->vm_private_data = t;
		vma->vm_ops = &test_scamem_vm_ops;
		return 0;
	}
}

static int test_scamem_open(struct inode *inode, struct file *file)
{
	struct test_scamem *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	mutex_init(&t->lock);
	t->work = IRQ_WORK_INIT_HARD(test_scamem_irq);
	file->private_data = t;
	return 0;
}

static int test_scamem_release(struct inode *inode, struct file *file)
{
	struct test_scamem *t = file->private_data;

	test_scamem_drop(t, t->mem, t->held, false);
	kfree(t);
	return 0;
}

static const struct file_operations test_scamem_fops = {
	.owner		= THIS_MODULE,
	.open		= test_scamem_open,
	.release	= test_scamem_release,
	.unlocked_ioctl	= test_scamem_ioctl,
	.mmap		= test_scamem_mmap,
};

static struct miscdevice test_scamem_dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "test_scamem",
	.fops	= &test_scamem_fops,
	.mode	= 0600,
};
module_misc_device(test_scamem_dev);

MODULE_DESCRIPTION("vmalloc memory to map, to pin and to free");
MODULE_LICENSE("GPL");
