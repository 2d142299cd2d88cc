# Python's own tests of numbers and data: those that take seconds.
. "$HERE/python/regrtest"
regrtest test_mmap test_math test_json test_struct --match 'test.test_mmap.*' --match 'testSqrt' --match 'testPow' \
    --match 'testLog*' --match '*Float*' --match '*Dump*' --match 'test_calcsize' --match 'test_pack*'
