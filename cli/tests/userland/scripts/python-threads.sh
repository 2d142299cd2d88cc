# Python's own tests of threads: those that take seconds.
. "$HERE/python/regrtest"
regrtest test_threading --match 'test.test_threading.LockTests.*' --match '*ConditionTests.*' --match '*RLockTests.*' \
    --match '*SemaphoreTests.*' --match '*BarrierTests.*' --match '*EventTests.*' --match '*TimerTests.*' --match '*ExceptHookTests.*'
