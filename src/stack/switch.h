/* SPDX-License-Identifier: MIT */
/*
 * switch.h - what is written anew for each processor: switch_<cpu>.S, or
 * switch_portable.c for those that have none.
 */
#ifndef EDDY_SWITCH_H
#define EDDY_SWITCH_H

#include <stdint.h>

/* Where indirect branches must end on a landing pad, compilers put one behind
 * the call of such a function, and behind no other. */
#if defined(__CET__) || defined(__ARM_FEATURE_BTI_DEFAULT)
#define EDDY_LANDING __attribute__((returns_twice))
#else
#define EDDY_LANDING
#endif

/* Saves what a function must save on this stack, *save_sp = where; goes to
 * load_sp, which was saved so, takes back what is there and goes on there with
 * `pass` as the result. eddy__switch returns to get there, eddy__jump jumps,
 * and so does eddy__jump_back, from another place. */
void *eddy__switch(void **save_sp, void *load_sp, void *pass);
EDDY_LANDING void *eddy__jump(void **save_sp, void *load_sp, void *pass);
EDDY_LANDING void *eddy__jump_back(void **save_sp, void *load_sp, void *pass);

/* Prepares a stack that ends at high, so that who switches to what this returns
 * begins with entry(arg, pass). The bottom of a backtrace is there. */
typedef void eddy__entry_fn(void *arg, void *passed);
void *eddy__prepare(char *low, char *high, eddy__entry_fn *entry, void *arg);

/* The control word of floating point: rounding, traps. */
uint64_t eddy__fp_control(void);
void eddy__set_fp_control(uint64_t word);

/* Where what was saved at sp will go on, or NULL. */
const void *eddy__saved_pc(const void *sp);

#endif
