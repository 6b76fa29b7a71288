"""Files in and out: tables read from workbooks, rows checked cell by cell, workbooks written for people."""
