// SPDX-License-Identifier: MIT
// Atomic memory operations of all widths, lock-free structures and orders that every program relies on.
#include "torture.h"

enum { THREADS = 4, ROUNDS = 20000 };

static _Atomic uint8_t bytes;
static _Atomic uint16_t halves;
static _Atomic uint32_t words, swapped, most;
static _Atomic uint64_t doubles, least = UINT64_MAX, bits;

static void *adds(void *word) {
    uint32_t me = (uint32_t)(intptr_t)word;
    for (uint32_t n = 0; n < ROUNDS; n++) {
        bytes++;
        halves += 3;
        words++;
        doubles += 0x100000001;
        bits ^= 1ull << (n % 64);
        uint32_t seen = most;
        while (seen < n + me && !atomic_compare_exchange_weak(&most, &seen, n + me)) {}
        uint64_t low = least;
        while (low > n + me && !atomic_compare_exchange_strong(&least, &low, n + me)) {}
        atomic_exchange(&swapped, me);
    }
    return NULL;
}

// A stack of nodes that are pushed once and popped once.
struct node {
    struct node *next;
    int value;
};
static _Atomic(struct node *) top;
static struct node nodes[THREADS][2000];

static void *pushes(void *word) {
    struct node *own = nodes[(intptr_t)word];
    for (int n = 0; n < 2000; n++) {
        own[n].value = n;
        own[n].next = atomic_load_explicit(&top, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(
            &top, &own[n].next, &own[n], memory_order_release, memory_order_relaxed)) {}
    }
    return NULL;
}

// Message passing: data stored before a flag that is released is seen after the flag is acquired.
static int data;
static atomic_int flag, stale;
static void *sends(void *word) {
    for (int n = 1; n <= ROUNDS; n++) {
        data = n;
        atomic_store_explicit(&flag, n, memory_order_release);
        while (atomic_load_explicit(&flag, memory_order_acquire) == n) {}
    }
    return word;
}
static void *receives(void *word) {
    for (int n = 1; n <= ROUNDS; n++) {
        while (atomic_load_explicit(&flag, memory_order_acquire) != n) {}
        if (data != n) stale++;
        atomic_store_explicit(&flag, 0, memory_order_release);
    }
    return word;
}

// Store buffering: with sequential consistency at least one of the two sees the other's store.
static atomic_int x, y, neither;
static int saw_x, saw_y;
static pthread_barrier_t barrier;
static void *left(void *word) {
    for (int n = 0; n < 3000; n++) {
        pthread_barrier_wait(&barrier);
        atomic_store(&x, 1);
        saw_y = atomic_load(&y);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return word;
}
static void *right(void *word) {
    for (int n = 0; n < 3000; n++) {
        pthread_barrier_wait(&barrier);
        atomic_store(&y, 1);
        saw_x = atomic_load(&x);
        pthread_barrier_wait(&barrier);
        if (!saw_x && !saw_y) neither++;
        x = y = 0;
        pthread_barrier_wait(&barrier);
    }
    return word;
}

int main(void) {
    pthread_t threads[THREADS];
    for (intptr_t n = 0; n < THREADS; n++) threads[n] = start(adds, (void *)n);
    for (int n = 0; n < THREADS; n++) join(threads[n]);
    SAY("byte %u half %u word %u double %#lx", bytes, halves, words, (unsigned long)doubles);
    SAY("bits %#lx most %u least %lu swapped %d", (unsigned long)bits, most, (unsigned long)least, swapped < 4);
    for (intptr_t n = 0; n < THREADS; n++) threads[n] = start(pushes, (void *)n);
    for (int n = 0; n < THREADS; n++) join(threads[n]);
    long count = 0, sum = 0;
    for (struct node *node = top; node; node = node->next) {
        count++;
        sum += node->value;
    }
    SAY("stack: %ld nodes, sum %ld", count, sum);
    threads[0] = start(sends, NULL);
    threads[1] = start(receives, NULL);
    join(threads[0]);
    join(threads[1]);
    SAY("messages: %d stale", stale);
    pthread_barrier_init(&barrier, NULL, 2);
    threads[0] = start(left, NULL);
    threads[1] = start(right, NULL);
    join(threads[0]);
    join(threads[1]);
    SAY("store buffering: neither saw %d times", neither);
}
