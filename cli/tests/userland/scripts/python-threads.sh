# Python's own tests of threads: those that take seconds.
# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc
. "$HERE/python/regrtest"
regrtest test_threading --match ThreadTests --match LockTests --match RLockTests --match ConditionTests \
    --match SemaphoreTests --match BarrierTests --match EventTests --match TimerTests
