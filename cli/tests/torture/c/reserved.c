// SPDX-License-Identifier: MIT
// Reservations among threads, signals and children: what only a store-conditional that notices every write keeps
// whole. On a machine that is no RISC-V a lock stands in for reservations.
#include "torture.h"

enum { MOST = 8, NODES = 16, TURNS = 2000 };

static _Atomic int ends;

#ifdef __riscv
#define GAP "nop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\n"
static void add(_Atomic uint64_t *word, uint64_t by) {
    uint64_t found, failed;
    asm volatile("1: lr.d.aqrl %0, (%2)\nadd %0, %0, %3\nsc.d.aqrl %1, %0, (%2)\nbnez %1, 1b"
                 : "=&r"(found), "=&r"(failed)
                 : "r"(word), "r"(by)
                 : "memory");
}

// As add, but a signal may well come in between.
static void add_slowly(_Atomic uint64_t *word, uint64_t by) {
    uint64_t found, failed;
    asm volatile("1: lr.d.aqrl %0, (%2)\n" GAP GAP "add %0, %0, %3\nsc.d.aqrl %1, %0, (%2)\nbnez %1, 1b"
                 : "=&r"(found), "=&r"(failed)
                 : "r"(word), "r"(by)
                 : "memory");
}

struct node {
    struct node *next;
    _Atomic int taken;
};
static struct node *_Atomic top;

static struct node *pop(void) {
    struct node *found, *next;
    uint64_t failed;
    asm volatile("1: lr.d.aqrl %0, (%3)\nbeqz %0, 2f\nld %1, (%0)\n" GAP "sc.d.aqrl %2, %1, (%3)\nbnez %2, 1b\n2:"
                 : "=&r"(found), "=&r"(next), "=&r"(failed)
                 : "r"(&top)
                 : "memory");
    return found;
}

static void push(struct node *node) {
    struct node *found;
    uint64_t failed;
    asm volatile("1: lr.d.aqrl %0, (%2)\nsd %0, (%3)\nsc.d.aqrl %1, %3, (%2)\nbnez %1, 1b"
                 : "=&r"(found), "=&r"(failed)
                 : "r"(&top), "r"(node)
                 : "memory");
}

// A store that comes between a load-reserved and a store-conditional which succeeds: between two looks at `middle`
// the word is another, yet the load-reserved saw it before and nothing failed.
static _Atomic uint64_t changing, middle;
static int overlooks_a_change(void) {
    uint64_t found, first, second, failed;
    asm volatile("lr.d.aqrl %0, (%4)\nld %1, (%5)\nfence\n" GAP "ld %2, (%5)\nsc.d.aqrl %3, %0, (%4)"
                 : "=&r"(found), "=&r"(first), "=&r"(second), "=&r"(failed)
                 : "r"(&changing), "r"(&middle)
                 : "memory");
    return !failed && found == 0 && first != second;
}
#else
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void add(_Atomic uint64_t *word, uint64_t by) { *word += by; }
static void add_slowly(_Atomic uint64_t *word, uint64_t by) { *word += by; }
struct node {
    struct node *next;
    _Atomic int taken;
};
static struct node *top;
static struct node *pop(void) {
    pthread_mutex_lock(&lock);
    struct node *found = top;
    if (found) top = found->next;
    pthread_mutex_unlock(&lock);
    return found;
}
static void push(struct node *node) {
    pthread_mutex_lock(&lock);
    node->next = top;
    top = node;
    pthread_mutex_unlock(&lock);
}
static _Atomic uint64_t changing, middle;
static int overlooks_a_change(void) { return 0; }
#endif

// A stack whose nodes come back: who pops two of them and pushes the first again changes the top and changes it
// back, under the eyes of a thread that remembers what lay below.
static void *pops_and_pushes(void *none) {
    for (int turn = 0; turn < TURNS; turn++) {
        struct node *one = pop(), *two = pop();
        if (one) HOLDS(atomic_exchange(&one->taken, 1) == 0);
        if (two) HOLDS(atomic_exchange(&two->taken, 1) == 0);
        if (one) one->taken = 0;
        if (one) push(one);
        if (two) two->taken = 0;
        if (two) push(two);
    }
    return none;
}

static void stack(int threads) {
    static struct node nodes[NODES];
    pthread_t all[MOST];
    int left = 0;
    top = NULL;
    for (int n = 0; n < NODES; n++) push(&nodes[n]);
    for (int n = 0; n < threads; n++) all[n] = start(pops_and_pushes, NULL);
    for (int n = 0; n < threads; n++) join(all[n]);
    for (struct node *node; (node = pop()); left++) HOLDS(node->taken++ == 0);
    for (int n = 0; n < NODES; n++) nodes[n].taken = 0;
    HOLDS(left == NODES);
}

static void *changes(void *none) {
    while (!ends) {
        changing = 1;
        middle++;
        changing = 0;
    }
    return none;
}

static void *looks(void *none) {
    for (int turn = 0; turn < TURNS; turn++) HOLDS(!overlooks_a_change());
    return none;
}

static void stores(int threads) {
    pthread_t all[MOST], other = start(changes, NULL);
    for (int n = 1; n < threads; n++) all[n] = start(looks, NULL);
    for (int n = 1; n < threads; n++) join(all[n]);
    ends = 1;
    join(other);
    ends = 0;
}

// Signals that arrive between the two, whose handlers change the same word.
static _Atomic uint64_t sum, signals, added;
static void on_signal(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    add(&sum, 1000000);
    atomic_fetch_add(&signals, 1);
}

static void *adds(void *none) {
    for (; !ends; added++) add_slowly(&sum, 1);
    return none;
}

static void *keeps_adding(void *none) {
    while (!ends) add(&signals, 0);
    return none;
}

static void interrupted(void) {
    sum = signals = added = 0;
    handle(SIGUSR1, on_signal, SA_RESTART);
    pthread_t thread = start(adds, NULL);
    for (int n = 0; n < 500; n++) {
        HOLDS(pthread_kill(thread, SIGUSR1) == 0);
        if (n % 8 == 0) sleep_ms(1);
    }
    while (!signals || !added) sleep_ms(1);
    ends = 1;
    join(thread);
    ends = 0;
    HOLDS(sum == added + 1000000 * signals);
}

// Children while other threads are between the two at any time: by fork, with a thread of their own; and by vfork,
// killed between the two.
static void *adds_a_little(void *none) {
    for (int turn = 0; turn < 100; turn++) add(&sum, 1);
    return none;
}

static pid_t victim(_Atomic int *shared) {
    pid_t pid = vfork();
    if (pid == 0) {
        shared[0] = getpid();
        for (;;) {
            add_slowly(&sum, 1);
            shared[1]++;
        }
    }
    return pid;
}

static void children(void) {
    enum { CHILDREN = 12 };
    pthread_t all[2];
    int status;
    _Atomic int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    HOLDS(shared != MAP_FAILED);
    for (int n = 0; n < 2; n++) all[n] = start(keeps_adding, NULL);
    for (int n = 0; n < CHILDREN; n++) {
        pid_t pid = fork();
        if (pid == 0) {
            sum = 0;
            pthread_t thread = start(adds_a_little, NULL);
            adds_a_little(NULL);
            join(thread);
            _exit(sum == 200 ? 0 : 1);
        }
        HOLDS(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    }
    pid_t killer = fork();
    if (killer == 0) {
        for (int n = 0; n < CHILDREN; n++) {
            while (!shared[0] || shared[1] < 50) sleep_ms(1);
            pid_t pid = shared[0];
            shared[0] = shared[1] = 0;
            if (kill(pid, SIGKILL) != 0) _exit(1);
        }
        _exit(0);
    }
    for (int n = 0; n < CHILDREN; n++) {
        pid_t pid = victim(shared);
        HOLDS(pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    }
    HOLDS(waitpid(killer, &status, 0) == killer && status == 0);
    ends = 1;
    for (int n = 0; n < 2; n++) join(all[n]);
    ends = 0;
}

int main(void) {
    for (int threads = 2; threads <= MOST; threads *= 2) {
        stack(threads);
        stores(threads);
        SAY("%d threads: no node is lost, no store is overlooked", threads);
    }
    interrupted();
    SAY("signals in between: no count is lost");
    children();
    SAY("children: nobody waits for ever");
    return 0;
}
