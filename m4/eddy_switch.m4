# EDDY_SWITCH_FOR_HOST: which src/stack/switch_NAME.S fits this processor, in
# EDDY_SWITCH; --with-switch=portable takes the one in C, which any other gets.
AC_DEFUN([EDDY_SWITCH_FOR_HOST], [
  AC_REQUIRE([AC_CANONICAL_HOST])
  AC_ARG_WITH([switch],
    [AS_HELP_STRING([--with-switch=portable],
                    [switch stacks in C, even if there is assembler for it])],
    [], [with_switch=auto])
  AS_CASE([$with_switch],
    [portable], [EDDY_SWITCH=portable],
    [auto], [AS_CASE([$host_cpu],
      [x86_64|amd64], [EDDY_SWITCH=x86_64],
      [EDDY_SWITCH=portable])],
    [AC_MSG_ERROR([--with-switch=$with_switch: it is auto or portable])])
  AC_SUBST([EDDY_SWITCH])
])
