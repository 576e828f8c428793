# EDDY_WARNINGS: collects in EDDY_WARNING_FLAGS what this compiler knows of the
# list, and in EDDY_VISIBILITY the flags that hide what is not marked EDDY_API;
# in EDDY_BINDING that with which the library's own calls go where they belong.
# --enable-werror, for developers and CI, makes warnings fatal.
AC_DEFUN([EDDY_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
    [], [enable_werror=no])
  # Nobody puts a function of his own in the place of one of eddy's, so what is
  # exported may be inlined, too.
  EDDY_KNOWN_FLAGS([EDDY_VISIBILITY],
                   [-fvisibility=hidden -fno-semantic-interposition])
  # For the same reason, and not by way of a table.
  EDDY_KNOWN_LINK_FLAG([EDDY_BINDING], [-Wl,-Bsymbolic-functions])
  # Public structs are opaque words, seen as the private ones inside.
  EDDY_KNOWN_FLAGS([EDDY_ALIASING], [-fno-strict-aliasing])
  EDDY_KNOWN_FLAGS([EDDY_WARNING_FLAGS],
    [-Wall -Wextra -Wpedantic
     -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-equal
     -Wshadow -Wundef -Wvla -Wdate-time
     -Wcast-align -Wcast-qual -Wpointer-arith -Wwrite-strings
     -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
     -Wmissing-variable-declarations -Wredundant-decls -Wnested-externs
     -Wbad-function-cast -Wimplicit-fallthrough -Wformat=2
     -Wduplicated-cond -Wduplicated-branches -Wlogical-op
     -Wcomma -Wassign-enum -Wshift-sign-overflow
     -Werror=unused-result])
  AS_IF([test "x$enable_werror" = xyes],
        [EDDY_WARNING_FLAGS="$EDDY_WARNING_FLAGS -Werror"])
])

# EDDY_KNOWN_FLAGS(VARIABLE, FLAGS): the FLAGS this compiler takes in silence.
AC_DEFUN([EDDY_KNOWN_FLAGS], [
  AC_MSG_CHECKING([which flags of $1 $CC knows])
  eddy_known=
  eddy_save=$CFLAGS
  for eddy_flag in m4_normalize([$2]); do
    CFLAGS="$eddy_save -Werror $eddy_flag"
    AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int main(void) { return 0; }]])],
      [eddy_known="$eddy_known $eddy_flag"])
  done
  CFLAGS=$eddy_save
  AC_SUBST([$1], [${eddy_known# }])
  AC_MSG_RESULT([$$1])
])

# EDDY_KNOWN_LINK_FLAG(VARIABLE, FLAG): FLAG, if a shared object is linked so.
AC_DEFUN([EDDY_KNOWN_LINK_FLAG], [
  AC_MSG_CHECKING([whether $CC links by $2])
  eddy_save=$LDFLAGS
  LDFLAGS="$eddy_save -shared -fPIC $2"
  AC_LINK_IFELSE([AC_LANG_SOURCE([[int one(void) { return 1; }]])],
                 [eddy_known=$2], [eddy_known=])
  LDFLAGS=$eddy_save
  AC_SUBST([$1], [$eddy_known])
  AC_MSG_RESULT([${eddy_known:-no}])
])
