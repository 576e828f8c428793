# EDDY_POLLER(NAME, HEADER, FUNCTION, [LIBRARY], [DECLARATIONS])
# Adds --disable-NAME, defines EDDY_HAVE_NAME and the conditional POLLER_NAME.
# --enable-NAME turns "not found" into an error. FUNCTION is looked for in the
# C library, then in LIBRARY; HEADER must have all the DECLARATIONS.
AC_DEFUN([EDDY_POLLER], [
  AC_ARG_ENABLE([$1],
    [AS_HELP_STRING([--disable-$1], [leave out the $1 poller])],
    [], [enable_$1=auto])
  eddy_found=no
  AS_IF([test "x$enable_$1" != xno],
        [AC_CHECK_HEADER([$2],
           [AC_SEARCH_LIBS([$3], [$4], [eddy_found=yes])])])
  m4_ifval([$5],
    [AS_IF([test $eddy_found = yes],
       [AC_CHECK_DECLS([$5], [], [eddy_found=no], [[@%:@include <$2>]])])])
  AS_IF([test "x$enable_$1$eddy_found" = xyesno],
        [AC_MSG_ERROR([--enable-$1 was given, but this system has no m4_ifval([$5], [fitting $2], [$3()])])])
  AS_IF([test "x$eddy_found" = xyes],
        [AC_DEFINE([EDDY_HAVE_]m4_toupper([$1]), [1], [Build the $1 poller.])
         eddy_pollers="${eddy_pollers:+$eddy_pollers }$1"])
  AM_CONDITIONAL([POLLER_]m4_toupper([$1]), [test "x$eddy_found" = xyes])
  eddy_pollers_known="${eddy_pollers_known:+$eddy_pollers_known }$1"
])

# EDDY_POLLER_DEFAULT: after the last EDDY_POLLER. Adds --with-default-poller and
# defines EDDY_DEFAULT_POLLER, the name a loop tries first; without the option,
# the first that was found.
AC_DEFUN([EDDY_POLLER_DEFAULT], [
  AC_ARG_WITH([default-poller],
    [AS_HELP_STRING([--with-default-poller=NAME],
                    [the poller to try first (default: the best one found)])],
    [], [with_default_poller=auto])
  AS_IF([test "x$eddy_pollers" = x],
        [AC_MSG_ERROR([no poller is left: enable one of: $eddy_pollers_known])])
  AS_CASE([$with_default_poller],
    [auto], [eddy_default_poller=${eddy_pollers%% *}],
    [eddy_default_poller=$with_default_poller])
  AS_CASE([" $eddy_pollers "], [*" $eddy_default_poller "*], [], [
    AS_CASE([" $eddy_pollers_known "], [*" $eddy_default_poller "*],
      [AC_MSG_ERROR([--with-default-poller=$eddy_default_poller: not in this build, which has: $eddy_pollers])],
      [AC_MSG_ERROR([--with-default-poller=$eddy_default_poller: unknown, choose one of: $eddy_pollers])])])
  AC_SUBST([eddy_pollers])
  AC_DEFINE_UNQUOTED([EDDY_DEFAULT_POLLER], ["$eddy_default_poller"],
                     [The poller that a loop tries first.])
])
