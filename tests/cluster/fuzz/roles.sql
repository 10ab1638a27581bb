CREATE ROLE events NOLOGIN;
CREATE ROLE tracker; CREATE ROLE analyst; CREATE ROLE administrator; CREATE ROLE web; CREATE ROLE consumer; CREATE ROLE flows; CREATE ROLE nobody;
CREATE ROLE "odd role'";
