# EDDY_PEER(NAME, LIBRARY, FUNCTION, HEADER)
# Defines the conditional PEER_NAME: the benchmarks can measure eddy beside it.
# HEADER may be empty. None is needed for anything else.
AC_DEFUN([EDDY_PEER], [
  eddy_found=yes
  m4_ifval([$4], [AC_CHECK_HEADER([$4], [], [eddy_found=no])])
  AS_IF([test $eddy_found = yes],
        [AC_CHECK_LIB([$2], [$3], [:], [eddy_found=no])])
  AS_IF([test $eddy_found = yes],
        [eddy_peers="${eddy_peers:+$eddy_peers }$1"])
  AM_CONDITIONAL([PEER_]m4_toupper([$1]), [test $eddy_found = yes])
])
