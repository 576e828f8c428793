# EDDY_TESTS: looks for Check, and decides whether the kqueue poller is tested
# against the kqueue of tests/kqueue: on a Linux that has no other.
AC_DEFUN([EDDY_TESTS], [
  AC_REQUIRE([AC_CANONICAL_HOST])
  PKG_CHECK_MODULES([CHECK], [check >= 0.15], [eddy_tests=yes],
                    [eddy_tests="off: Check >= 0.15 was not found"])
  AM_CONDITIONAL([HAVE_CHECK], [test "x$eddy_tests" = xyes])

  eddy_test_kqueue=no
  AS_CASE([$eddy_tests:$host_os:" $eddy_pollers "],
          [*" kqueue "*], [],
          [yes:linux*],   [eddy_test_kqueue=yes])
  AS_IF([test $eddy_test_kqueue = yes],
        [AC_DEFINE([EDDY_TEST_KQUEUE], [1],
                   [The tests bring a kqueue of their own, as a foreign poller.])])
  AM_CONDITIONAL([TEST_KQUEUE], [test $eddy_test_kqueue = yes])
])
