package baseline

import "gonum.org/v1/gonum/mat"

// leastSquares returns the weighted least squares of y on the columns of x;
// false when they are not determined.
func leastSquares(x [][]float64, y, w []float64) ([]float64, bool) {
	k := len(x[0])
	a, b := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for i, row := range x {
		for r, v := range row {
			b.SetVec(r, b.AtVec(r)+w[i]*v*y[i])
			for c := r; c < k; c++ {
				a.SetSym(r, c, a.At(r, c)+w[i]*v*row[c])
			}
		}
	}
	return solve(a, b)
}

// solve returns the solution of normal equations; false when they are singular
// or nearly so.
func solve(a *mat.SymDense, b *mat.VecDense) ([]float64, bool) {
	var chol mat.Cholesky
	if !chol.Factorize(a) {
		return nil, false
	}
	var v mat.VecDense
	if err := chol.SolveVecTo(&v, b); err != nil { // nearly singular
		return nil, false
	}
	return v.RawVector().Data, true
}

// normal3 are the normal equations of up to three columns.
type normal3 struct {
	a [3][3]float64
	b [3]float64
}

// add adds a row with a weight.
func (n *normal3) add(weight float64, x [3]float64, y float64) {
	for r := range x {
		n.b[r] += weight * x[r] * y
		for c := range x {
			n.a[r][c] += weight * x[r] * x[c]
		}
	}
}

// solve returns the coefficients of the columns that are used, 0 of others;
// false when they are not determined.
func (n normal3) solve(used [3]bool) (out [3]float64, ok bool) {
	for r := range used {
		if !used[r] {
			n.a[r], n.b[r] = [3]float64{}, 0
			for c := range used {
				n.a[c][r] = 0
			}
			n.a[r][r] = 1
		}
	}
	for p := range used { // Gauss; the matrix is positive definite
		pivot := n.a[p][p]
		if !(pivot > 1e-9) {
			return out, false
		}
		for r := p + 1; r < len(used); r++ {
			k := n.a[r][p] / pivot
			n.b[r] -= k * n.b[p]
			for c := p; c < len(used); c++ {
				n.a[r][c] -= k * n.a[p][c]
			}
		}
	}
	for r := len(used) - 1; r >= 0; r-- {
		v := n.b[r]
		for c := r + 1; c < len(used); c++ {
			v -= n.a[r][c] * out[c]
		}
		out[r] = v / n.a[r][r]
	}
	return out, true
}
