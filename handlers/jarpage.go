package handlers

import "github.com/labstack/echo/v4"

// cookiePage explains a Set-Cookie line.
func (a *app) cookiePage(c echo.Context) error { return echo.ErrNotFound }
