// SPDX-License-Identifier: MIT
// Children of vfork that are killed in the middle of a loop; their parents go on, and write code. On a machine that is
// no RISC-V the same lines are printed without any of that code.
#include "torture.h"

enum { PAGE = 4096, ROUNDS = 8 };

#ifdef __riscv
static uint32_t *code;
// addi a0, a0, NUMBER; ret
static void becomes(int number) {
    code[0] = 0x00050513 | (uint32_t)number << 20;
    code[1] = 0x00008067;
    __builtin___clear_cache(code, code + 2);
}
static int call(int argument) { return ((int (*)(int))code)(argument); }
static void prepare(void) {
    code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDS(code != MAP_FAILED);
}
#else
static int added;
static void becomes(int number) { added = number; }
static int call(int argument) { return argument + added; }
static void prepare(void) {}
#endif

// What the processes tell each other.
static struct talk {
    _Atomic int child, turns;
} *talk;

// Another process, which kills each child that says who it is once that has run for a while.
static pid_t killer(void) {
    pid_t pid = fork();
    HOLDS(pid >= 0);
    if (pid) return pid;
    for (int round = 0; round < ROUNDS; round++) {
        while (!talk->child || talk->turns < 100000) sleep_ms(1);
        pid_t child = talk->child;
        talk->turns = 0;
        talk->child = 0;
        if (kill(child, SIGKILL) != 0) _exit(1);
    }
    _exit(0);
}

static __attribute__((noinline)) pid_t turns_for_ever(void) {
    pid_t pid = vfork();
    if (pid == 0) {
        talk->turns = 0;
        talk->child = getpid();
        for (;;) talk->turns++;
    }
    return pid;
}

static void *rounds(void *none) {
    for (int round = 0; round < ROUNDS; round++) {
        becomes(round);
        for (int again = 0; again < 100; again++) HOLDS(call(again) == again + round);
        int status;
        pid_t pid = turns_for_ever();
        HOLDS(pid > 0 && waitpid(pid, &status, 0) == pid);
        HOLDS(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        becomes(round + 100);
        for (int again = 0; again < 100; again++) HOLDS(call(again) == again + round + 100);
    }
    return none;
}

static void all_rounds(int as_thread) {
    pid_t other = killer();
    int status;
    if (as_thread) join(start(rounds, NULL));
    else rounds(NULL);
    HOLDS(waitpid(other, &status, 0) == other && status == 0);
}

int main(void) {
    talk = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    HOLDS(talk != MAP_FAILED);
    prepare();
    all_rounds(0);
    SAY("a process whose children are killed");
    all_rounds(1);
    SAY("a thread whose children are killed");
    return 0;
}
