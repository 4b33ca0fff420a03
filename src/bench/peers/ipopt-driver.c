/*
 * Solves one nonlinear program with IPOPT for a parent process that evaluates it. stdin brings the program and the
 * answers, stdout takes the questions and the result; all numbers are native int32 and double.
 *
 *   in:  int n, m, nnzJ, nnzH, maxIterations; double tol, seconds; int rowJ[nnzJ], colJ[nnzJ], rowH[nnzH], colH[nnzH];
 *        double lower[n], upper[n], gLower[m], gUpper[m], z0[n]
 *   out: int 1, double z[n]                          in: double f, g[m]
 *        int 2, double z[n]                          in: double gradient[n], jacobian[nnzJ]
 *        int 3, double z[n], factor, lambda[m]       in: double hessian[nnzH], of factor f + lambda'g
 *        int 0, int status, iterations, double ms, msOfAnswers, z[n], lambda[m], zLower[n], zUpper[n]; then the end
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if __has_include(<coin-or/IpStdCInterface.h>)
#include <coin-or/IpStdCInterface.h>
typedef bool Answer;
#else
#include <coin/IpStdCInterface.h>
typedef Bool Answer;
#endif

typedef struct {
  int n, m, nnzJ, nnzH;
  int *rowJ, *colJ, *rowH, *colH;
  double f, *g, *gradient, *jacobian;
  int hasValue, hasSlope, iterations;
  double ms;
} Program;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * t.tv_sec + 1e-6 * t.tv_nsec;
}

static void take(void *to, size_t size, size_t count) {
  if (fread(to, size, count, stdin) != count) exit(3);
}

static void give(const void *from, size_t size, size_t count) { fwrite(from, size, count, stdout); }

static void *room(size_t size, size_t count) {
  void *p = calloc(count ? count : 1, size);
  if (p == NULL) exit(4);
  return p;
}

static double *doubles(int count) {
  double *p = room(sizeof(double), count);
  take(p, sizeof(double), count);
  return p;
}

static int *ints(int count) {
  int *p = room(sizeof(int), count);
  take(p, sizeof(int), count);
  return p;
}

static void ask(int what, const double *z, int n) {
  give(&what, sizeof(int), 1);
  give(z, sizeof(double), n);
}

static void moved(Program *p, int newPoint) {
  if (newPoint) p->hasValue = p->hasSlope = 0;
}

static void wantValue(Program *p, const double *z) {
  if (p->hasValue) return;
  double began = now();
  ask(1, z, p->n);
  fflush(stdout);
  take(&p->f, sizeof(double), 1);
  take(p->g, sizeof(double), p->m);
  p->hasValue = 1;
  p->ms += now() - began;
}

static void wantSlope(Program *p, const double *z) {
  if (p->hasSlope) return;
  double began = now();
  ask(2, z, p->n);
  fflush(stdout);
  take(p->gradient, sizeof(double), p->n);
  take(p->jacobian, sizeof(double), p->nnzJ);
  p->hasSlope = 1;
  p->ms += now() - began;
}

static Answer value(int n, double *z, Answer newPoint, double *f, void *data) {
  Program *p = data;
  (void)n;
  moved(p, newPoint);
  wantValue(p, z);
  *f = p->f;
  return 1;
}

static Answer gradient(int n, double *z, Answer newPoint, double *out, void *data) {
  Program *p = data;
  moved(p, newPoint);
  wantSlope(p, z);
  memcpy(out, p->gradient, n * sizeof(double));
  return 1;
}

static Answer constraints(int n, double *z, Answer newPoint, int m, double *out, void *data) {
  Program *p = data;
  (void)n;
  moved(p, newPoint);
  wantValue(p, z);
  memcpy(out, p->g, m * sizeof(double));
  return 1;
}

static Answer jacobian(int n, double *z, Answer newPoint, int m, int nnz, int *row, int *col, double *out,
                       void *data) {
  Program *p = data;
  (void)n;
  (void)m;
  if (out == NULL) {
    memcpy(row, p->rowJ, nnz * sizeof(int));
    memcpy(col, p->colJ, nnz * sizeof(int));
    return 1;
  }
  moved(p, newPoint);
  wantSlope(p, z);
  memcpy(out, p->jacobian, nnz * sizeof(double));
  return 1;
}

static Answer hessian(int n, double *z, Answer newPoint, double factor, int m, double *lambda, Answer newLambda,
                      int nnz, int *row, int *col, double *out, void *data) {
  Program *p = data;
  (void)newLambda;
  if (out == NULL) {
    memcpy(row, p->rowH, nnz * sizeof(int));
    memcpy(col, p->colH, nnz * sizeof(int));
    return 1;
  }
  moved(p, newPoint);
  double began = now();
  ask(3, z, n);
  give(&factor, sizeof(double), 1);
  give(lambda, sizeof(double), m);
  fflush(stdout);
  take(out, sizeof(double), nnz);
  p->ms += now() - began;
  return 1;
}

static Answer iterated(int mode, int iteration, double f, double primal, double dual, double mu, double step,
                       double regularization, double alphaDual, double alphaPrimal, int trials, void *data) {
  (void)mode, (void)f, (void)primal, (void)dual, (void)mu, (void)step, (void)regularization;
  (void)alphaDual, (void)alphaPrimal, (void)trials;
  ((Program *)data)->iterations = iteration;
  return 1;
}

int main(void) {
  int sizes[5];
  double limits[2];
  take(sizes, sizeof(int), 5);
  take(limits, sizeof(double), 2);
  Program p = {.n = sizes[0], .m = sizes[1], .nnzJ = sizes[2], .nnzH = sizes[3]};
  p.rowJ = ints(p.nnzJ);
  p.colJ = ints(p.nnzJ);
  p.rowH = ints(p.nnzH);
  p.colH = ints(p.nnzH);
  double *lower = doubles(p.n), *upper = doubles(p.n), *gLower = doubles(p.m), *gUpper = doubles(p.m);
  double *z = doubles(p.n);
  p.g = room(sizeof(double), p.m);
  p.gradient = room(sizeof(double), p.n);
  p.jacobian = room(sizeof(double), p.nnzJ);
  double *lambda = room(sizeof(double), p.m);
  double *zLower = room(sizeof(double), p.n), *zUpper = room(sizeof(double), p.n);
  IpoptProblem solver = CreateIpoptProblem(p.n, lower, upper, p.m, gLower, gUpper, p.nnzJ, p.nnzH, 0, value,
                                           constraints, gradient, jacobian, hessian);
  if (solver == NULL) return 5;
  AddIpoptIntOption(solver, "print_level", 0);
  AddIpoptStrOption(solver, "sb", "yes");
  AddIpoptNumOption(solver, "tol", limits[0]);
  AddIpoptNumOption(solver, "max_cpu_time", limits[1]);
  AddIpoptIntOption(solver, "max_iter", sizes[4]);
  /* With 170 rows a stage MUMPS's own choice of an ordering takes 25 s a factorization, AMD 0.2 s. */
  if (p.m > 4 * p.n) AddIpoptIntOption(solver, "mumps_pivot_order", 0);
  SetIntermediateCallback(solver, iterated);
  double began = now();
  int status = IpoptSolve(solver, z, NULL, NULL, lambda, zLower, zUpper, &p);
  double ms = now() - began;
  int end[3] = {0, status, p.iterations};
  give(end, sizeof(int), 3);
  give(&ms, sizeof(double), 1);
  give(&p.ms, sizeof(double), 1);
  give(z, sizeof(double), p.n);
  give(lambda, sizeof(double), p.m);
  give(zLower, sizeof(double), p.n);
  give(zUpper, sizeof(double), p.n);
  fflush(stdout);
  FreeIpoptProblem(solver);
  return 0;
}
