/* Clocks and waiting: times of 64 bits, sets of descriptors in words of 32. */
#include "start.h"

struct time { i64 sec; i32 nsec, pad; };

int run(int argc, char **argv, char **envp, u32 *auxv) {
    struct time now = {0, 0, -1}, then;
    result("clock_gettime", sys(clock_gettime64, 0, &now));
    show2("after 2020", now.sec > 1577836800, now.nsec >= 0 && now.nsec < 1000000000);
    show("padding", now.pad);
    result("clock_getres", sys(clock_getres64, 1, &now));
    show2("step", now.sec, now.nsec);
    sys(clock_gettime64, 1, &now);
    struct time short_while = {0, 2000000, -1};
    result("nanosleep", sys(clock_nanosleep64, 1, 0, &short_while, NULL));
    sys(clock_gettime64, 1, &then);
    show("slept", (then.sec - now.sec) * 1000000000 + then.nsec - now.nsec >= 2000000);
    struct time bad = {0, 1000000000, 0};
    result("too many", sys(clock_nanosleep64, 1, 0, &bad, NULL));

    int pipe[2];
    sys(pipe2, pipe, 0);
    struct { i32 fd; short events, revents; } list[2] = {{pipe[0], 1, 0}, {pipe[1], 4, 0}};
    struct time none = {0, 0, -1};
    result("ppoll", sys(ppoll64, list, 2, &none, NULL, 8));
    show2("events", list[0].revents, list[1].revents);
    sys(write, pipe[1], "x", 1);
    result("ppoll", sys(ppoll64, list, 2, &none, NULL, 8));
    show2("events", list[0].revents, list[1].revents);

    int high = sys(dup3, pipe[0], 37, 0);
    u32 set[4] = {0, 1 << 5, 0xdeadbeef, 0xdeadbeef};
    u32 mask[2] = {0, 0}, pair[2] = {(u32)mask, 8};
    result("pselect6", sys(pselect6_64, high + 1, set, NULL, NULL, &none, pair));
    show2("set", set[0], set[1]);
    show2("beyond it", set[2], set[3]);

    int epoll = sys(epoll_create1, 0);
    struct { u32 events; u64 data; } event = {1, 0x1122334455667788ull}, got = {0, 0};
    result("epoll_ctl", sys(epoll_ctl, epoll, 1, pipe[0], &event));
    result("epoll_pwait", sys(epoll_pwait, epoll, &got, 1, 0, NULL, 8));
    show2("event", got.events, got.data);

    struct { i32 interval[2], value[2]; } timer = {{0, 0}, {100, 5}}, before;
    result("setitimer", sys(setitimer, 0, &timer, NULL));
    timer.value[0] = 0, timer.value[1] = 0;
    result("setitimer", sys(setitimer, 0, &timer, &before));
    show2("timer", before.value[0] == 99 || before.value[0] == 100, before.interval[1]);

    u32 word = 5;
    result("futex", sys(futex64, &word, 0, 4, NULL));
    struct time soon = {0, 1000000, 0};
    result("futex", sys(futex64, &word, 0, 5, &soon));
    return 0;
}
