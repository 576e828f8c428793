/* SPDX-License-Identifier: MIT */
/*
 * switch_s390x.S - switching stacks by the ELF ABI of z/Architecture.
 *
 *     saved:  sp -> f8 to f15, and in the 160 bytes above, which every caller
 *                   has ready for whom it calls: r6 to r13, the address to go
 *                   on at
 */
#include "switch_asm.h"

#define SAVED 64
#define SAVED_PC (SAVED + 112)

.macro each_float what
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    \what %f\n, 8 * (\n - 8)(%r15)
    .endr
.endm

.macro save_and_go_over
    stmg %r6, %r14, 48(%r15)
    .cfi_rel_offset %r14, 112
    aghi %r15, -SAVED
    .cfi_adjust_cfa_offset SAVED
    each_float std
    stg %r15, 0(%r2)
    lgr %r15, %r3
    lgr %r2, %r4
    each_float ld
    aghi %r15, SAVED
    .cfi_adjust_cfa_offset -SAVED
    lmg %r6, %r14, 48(%r15)
    .cfi_restore %r14
.endm

FUNCTION(eddy__switch)
    .cfi_startproc
    save_and_go_over
    br %r14
    .cfi_endproc
END_FUNCTION(eddy__switch)

FUNCTION(eddy__jump)
    .cfi_startproc
    save_and_go_over
    lgr %r1, %r14
    br %r1
    .cfi_endproc
END_FUNCTION(eddy__jump)

/* The same from another place, which is foreseen by itself. */
FUNCTION(eddy__jump_back)
    .cfi_startproc
    save_and_go_over
    lgr %r1, %r14
    br %r1
    .cfi_endproc
END_FUNCTION(eddy__jump_back)

/* Where a new stack begins: r6(r7, passed). Nobody called it. */
FUNCTION(eddy__begin)
    .cfi_startproc
    .cfi_undefined %r14
    lgr %r3, %r2
    lgr %r2, %r7
    basr %r14, %r6
    .long 1 /* no instruction */
    .cfi_endproc
END_FUNCTION(eddy__begin)

/* eddy__prepare(low, high, entry, arg): the frame that eddy__switch takes back,
 * and the one of eddy__begin. */
FUNCTION(eddy__prepare)
    .cfi_startproc
    lgr %r2, %r3
    nill %r2, 0xfff8
    aghi %r2, -160 - SAVED
    stg %r4, SAVED + 48(%r2)
    stg %r5, SAVED + 56(%r2)
    larl %r1, eddy__begin
    stg %r1, SAVED_PC(%r2)
    lghi %r1, 0
    stg %r1, SAVED(%r2)      /* the end of the chain of frames, */
    stg %r1, SAVED + 88(%r2) /* and r11 */
    br %r14
    .cfi_endproc
END_FUNCTION(eddy__prepare)

FUNCTION(eddy__saved_pc)
    .cfi_startproc
    lg %r2, SAVED_PC(%r2)
    br %r14
    .cfi_endproc
END_FUNCTION(eddy__saved_pc)

FUNCTION(eddy__fp_control)
    .cfi_startproc
    lghi %r2, 0
    efpc %r2
    br %r14
    .cfi_endproc
END_FUNCTION(eddy__fp_control)

FUNCTION(eddy__set_fp_control)
    .cfi_startproc
    sfpc %r2
    br %r14
    .cfi_endproc
END_FUNCTION(eddy__set_fp_control)

NO_EXECUTABLE_STACK
