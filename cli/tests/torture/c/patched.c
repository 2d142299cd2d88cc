// SPDX-License-Identifier: MIT
// Programs that write their code, alone and while other threads run it. On a machine that is no RISC-V the same
// lines are printed without any of it.
#include "torture.h"

enum { PAGES = 64, PAGE = 4096, THREADS = 4 };

#ifdef __riscv
typedef int (*function)(int);

// addi a0, a0, NUMBER; ret
static void emit(uint32_t *at, int number) {
    at[0] = 0x00050513 | (uint32_t)number << 20;
    at[1] = 0x00008067;
}
static void visible(void *start, void *end) { __builtin___clear_cache(start, end); }
#else
typedef const int *function;
static void emit(uint32_t *at, int number) { at[0] = (uint32_t)number; }
static void visible(void *start, void *end) { (void)start, (void)end; }
#endif

static int call(uint32_t *code, int argument) {
#ifdef __riscv
    return ((function)code)(argument);
#else
    return argument + (int)*(volatile uint32_t *)code;
#endif
}

static uint32_t *pages(int protection) {
    void *at = mmap(NULL, PAGES * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDS(at != MAP_FAILED);
    return at;
}
static const int all = PROT_READ | PROT_WRITE | PROT_EXEC;

// One function is written and called, over and over.
static void rewritten(void) {
    uint32_t *code = pages(all);
    for (int n = 0; n < 3000; n++) {
        emit(code, n % 2000);
        visible(code, code + 2);
        HOLDS(call(code, n) == n + n % 2000);
    }
    munmap(code, PAGES * PAGE);
    SAY("a function written 3000 times");
}

// Memory is never writable and executable at once.
static void protected(void) {
    uint32_t *code = pages(PROT_READ | PROT_WRITE);
    for (int n = 0; n < 500; n++) {
        HOLDS(mprotect(code, PAGE, PROT_READ | PROT_WRITE) == 0);
        emit(code, n);
        HOLDS(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
        visible(code, code + 2);
        HOLDS(call(code, 1) == n + 1);
    }
    munmap(code, PAGES * PAGE);
    SAY("a function behind changing protections");
}

// The same pages are mapped twice: written here, executed there.
static void mapped_twice(void) {
    int file = memfd_create("code", 0);
    HOLDS(file >= 0 && ftruncate(file, PAGE) == 0);
    uint32_t *write = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    uint32_t *execute = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    HOLDS(write != MAP_FAILED && execute != MAP_FAILED);
    for (int n = 0; n < 500; n++) {
        emit(write, n);
        visible(execute, execute + 2);
        HOLDS(call(execute, 1) == n + 1);
    }
    munmap(write, PAGE);
    munmap(execute, PAGE);
    close(file);
    SAY("a function written at another address");
}

// Pages of a file that were changed are given back, and are the file's again.
static void given_back(void) {
    int file = memfd_create("code", 0);
    HOLDS(file >= 0 && ftruncate(file, PAGE) == 0);
    uint32_t *first = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    HOLDS(first != MAP_FAILED);
    emit(first, 7);
    munmap(first, PAGE);
    uint32_t *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    HOLDS(code != MAP_FAILED);
    for (int n = 0; n < 50; n++) {
        for (int again = 0; again < 20; again++) {
            HOLDS(call(code, again) == 7 + again);
        }
        HOLDS(mprotect(code, PAGE, PROT_READ | PROT_WRITE) == 0);
        emit(code, n + 10);
        HOLDS(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
        visible(code, code + 2);
        for (int again = 0; again < 20; again++) {
            HOLDS(call(code, again) == n + 10 + again);
        }
        HOLDS(madvise(code, PAGE, MADV_DONTNEED) == 0);
        visible(code, code + 2);
    }
    munmap(code, PAGE);
    close(file);
    SAY("a function that goes back to its file");
}

// New code comes to old addresses by munmap and mmap.
static void remapped(void) {
    for (int n = 0; n < 300; n++) {
        uint32_t *code = pages(all);
        for (int page = 0; page < PAGES; page += 16) {
            emit(code + page * PAGE / 4, n + page);
        }
        visible(code, code + PAGES * PAGE / 4);
        for (int page = 0; page < PAGES; page += 16) {
            HOLDS(call(code + page * PAGE / 4, 1) == n + page + 1);
        }
        HOLDS(munmap(code, PAGES * PAGE) == 0);
    }
    SAY("functions at addresses used before");
}

// Threads run functions while another one writes more of them, then replaces each.
static _Atomic int written;
static uint32_t *shared;
static void *runs(void *none) {
    long sum = 0;
    while (written < 2 * PAGES) {
        int known = written;
        known = known < PAGES ? known : PAGES;
        for (int page = 0; page < known; page++) {
            int got = call(shared + page * PAGE / 4, 0);
            HOLDS(got == page || got == page + 1000);
            sum += got;
        }
    }
#ifdef __riscv
    __asm__ volatile("fence.i");
#endif
    for (int page = 0; page < PAGES; page++) {
        HOLDS(call(shared + page * PAGE / 4, 0) == page + 1000);
    }
    return sum < 0 ? &shared : none;
}
static void others_run(void) {
    pthread_t threads[THREADS];
    shared = pages(all);
    for (int n = 0; n < THREADS; n++) {
        HOLDS(pthread_create(&threads[n], NULL, runs, NULL) == 0);
    }
    for (int n = 0; n < 2 * PAGES; n++) {
        uint32_t *code = shared + n % PAGES * PAGE / 4;
        if (n < PAGES) {
            emit(code, n);
        } else {
            *(_Atomic uint32_t *)code = code[0] + ((uint32_t)1000 << (
#ifdef __riscv
                20
#else
                0
#endif
                ));
        }
        visible(code, code + 2);
        written++;
    }
    for (int n = 0; n < THREADS; n++) {
        HOLDS(pthread_join(threads[n], NULL) == 0);
    }
    SAY("functions that other threads run meanwhile");
}

int main(void) {
    rewritten();
    protected();
    mapped_twice();
    given_back();
    remapped();
    others_run();
    return 0;
}
