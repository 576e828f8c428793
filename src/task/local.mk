# A way to wait: tasks, and the scopes they are in. They see the public headers
# only.
noinst_LTLIBRARIES += libtask.la
libtask_la_SOURCES = \
	%D%/await.c \
	%D%/cancel.c \
	%D%/dump.c \
	%D%/errors.c \
	%D%/hibernate.c \
	%D%/items.c \
	%D%/join.c \
	%D%/sched.c \
	%D%/scope.c \
	%D%/spawn.c \
	%D%/task.c \
	%D%/task.h
