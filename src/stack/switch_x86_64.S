/* SPDX-License-Identifier: MIT */
/*
 * switch_x86_64.S - switching stacks by the System V ABI.
 *
 *     saved:  sp -> r15 r14 r13 r12 rbx rbp, the address to go on at
 *
 * The control words of floating point are saved by whoever cares (fp_control).
 */
#include "switch_asm.h"

#define SAVED 48 /* bytes below the address to go on at */

.macro save_and_go_over
    push %rbp
    .cfi_adjust_cfa_offset 8
    push %rbx
    .cfi_adjust_cfa_offset 8
    push %r12
    .cfi_adjust_cfa_offset 8
    push %r13
    .cfi_adjust_cfa_offset 8
    push %r14
    .cfi_adjust_cfa_offset 8
    push %r15
    .cfi_adjust_cfa_offset 8
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    mov %rdx, %rax
    pop %r15
    .cfi_adjust_cfa_offset -8
    pop %r14
    .cfi_adjust_cfa_offset -8
    pop %r13
    .cfi_adjust_cfa_offset -8
    pop %r12
    .cfi_adjust_cfa_offset -8
    pop %rbx
    .cfi_adjust_cfa_offset -8
    pop %rbp
    .cfi_adjust_cfa_offset -8
.endm

FUNCTION(eddy__switch)
    .cfi_startproc
    endbr64
    save_and_go_over
    ret
    .cfi_endproc
END_FUNCTION(eddy__switch)

.macro jump_over
    .cfi_startproc
    endbr64
    save_and_go_over
    pop %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    notrack jmp *%rcx
    .cfi_endproc
.endm

FUNCTION(eddy__jump)
    jump_over
END_FUNCTION(eddy__jump)

FUNCTION(eddy__jump_back)
    jump_over
END_FUNCTION(eddy__jump_back)

/* Where a new stack begins: rbx(r12, passed). Nobody called it. */
FUNCTION(eddy__begin)
    .cfi_startproc
    .cfi_undefined %rip
    endbr64
    mov %r12, %rdi
    mov %rax, %rsi
    call *%rbx
    ud2
    .cfi_endproc
END_FUNCTION(eddy__begin)

/* eddy__prepare(low, high, entry, arg): the frame that eddy__switch takes back.
 * When it has, the stack is aligned for a call. */
FUNCTION(eddy__prepare)
    .cfi_startproc
    endbr64
    mov %rsi, %rax
    and $-16, %rax
    lea NAME(eddy__begin)(%rip), %r8
    mov %r8, -8(%rax)
    movq $0, -16(%rax)  /* rbp: the end of the chain of frames */
    mov %rdx, -24(%rax) /* rbx */
    mov %rcx, -32(%rax) /* r12 */
    lea -8 - SAVED(%rax), %rax
    ret
    .cfi_endproc
END_FUNCTION(eddy__prepare)

FUNCTION(eddy__saved_pc)
    .cfi_startproc
    endbr64
    mov SAVED(%rdi), %rax
    ret
    .cfi_endproc
END_FUNCTION(eddy__saved_pc)

/* mxcsr in the upper half, the x87 control word in the lower. */
FUNCTION(eddy__fp_control)
    .cfi_startproc
    endbr64
    stmxcsr -4(%rsp)
    movl $0, -8(%rsp)
    fnstcw -8(%rsp)
    mov -8(%rsp), %rax
    ret
    .cfi_endproc
END_FUNCTION(eddy__fp_control)

FUNCTION(eddy__set_fp_control)
    .cfi_startproc
    endbr64
    mov %rdi, -8(%rsp)
    ldmxcsr -4(%rsp)
    fldcw -8(%rsp)
    ret
    .cfi_endproc
END_FUNCTION(eddy__set_fp_control)

FEATURE_IBT
NO_EXECUTABLE_STACK
